// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Yee's update of one row of one component, and the same inside a perfectly matched layer: the only arithmetic on fields. Rows are
// contiguous along x. Every path (uniform or mixed materials, any box, any rank) calls these, so the bits cannot differ.
//
//   f' = keep f + gain ((u_hi - u_lo) inv_u - (v_hi - v_lo) inv_v)
//
// For E, u_hi and u_lo are H at the component's own index and one below along axis u; for H they are E one above and at its own, and
// gain is negative.

#include <hilbrick/partition/grid.hpp>

namespace hilbrick::fdtd {

/// A difference of a field along an axis, for a row: (hi[i] - lo[i]) * inverse spacing (1/m).
template <class T>
struct Difference {
  const T* hi;
  const T* lo;
  T inverse;
};

/// `keep(i)` and `gain(i)` are the material's coefficients at i, first <= i < last.
template <class T, class Keep, class Gain>
inline void curl_row(T* __restrict f, Index first, Index last, Keep keep, Gain gain, Difference<T> u, Difference<T> v) {
  const T* __restrict u_hi = u.hi;
  const T* __restrict u_lo = u.lo;
  const T* __restrict v_hi = v.hi;
  const T* __restrict v_lo = v.lo;
#pragma GCC ivdep
  for (Index i = first; i < last; ++i)
    f[i] = keep(i) * f[i] + gain(i) * ((u_hi[i] - u_lo[i]) * u.inverse - (v_hi[i] - v_lo[i]) * v.inverse);
}

/// psi' = b psi + c d, f' = f + gain (sign psi'): what a layer adds to one derivative d, whose sign in the curl is `sign`.
template <class T, class Gain, class B, class C>
inline void cpml_row(T* __restrict f, T* __restrict psi, Index first, Index last, Gain gain, B b, C c, Difference<T> d, T sign) {
  const T* __restrict hi = d.hi;
  const T* __restrict lo = d.lo;
#pragma GCC ivdep
  for (Index i = first; i < last; ++i) {
    psi[i] = b(i) * psi[i] + c(i) * ((hi[i] - lo[i]) * d.inverse);
    f[i] += gain(i) * (sign * psi[i]);
  }
}

}  // namespace hilbrick::fdtd

// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// Yee's update of one row of one component, and the same inside a perfectly matched layer: the only arithmetic on fields. Rows are
// contiguous along x. Every path (any material, box or rank) calls these, so the bits cannot differ.
//
//   f' = keep f + gain ((u_hi - u_lo) inv_u - (v_hi - v_lo) inv_v)
//
// For E, u_hi and u_lo are H at the component's own index and one below along axis u; for H they are E one above and at its own, and
// gain is negative.

#include <hilbrick/partition/grid.hpp>

/// The loop that follows carries nothing from one turn to the next: without being told, compilers do not vectorise it.
#if defined(__clang__)
#define HILBRICK_NO_ALIASES _Pragma("clang loop vectorize(assume_safety)")
#elif defined(__GNUC__)
#define HILBRICK_NO_ALIASES _Pragma("GCC ivdep")
#else
#define HILBRICK_NO_ALIASES
#endif

namespace hilbrick::fdtd {

/// A difference of a field along an axis, for a row: (hi[i] - lo[i]) * inverse spacing (1/m).
template <class T>
struct Difference {
  const T* hi;
  const T* lo;
  T inverse;

  Difference from(Index first) const { return {hi + first, lo + first, inverse}; }
};

/// The same for all rows of a block, from its first on.
template <class T>
struct Differences {
  Difference<T> first;
  Index stride_y, stride_z;

  Difference<T> row(Index dy, Index dz) const { return first.from(stride_y * dy + stride_z * dz); }
};

/// A row of one component in one material, and what its curl reads.
template <class T>
struct CurlRow {
  T* f;
  T keep, gain;
  Difference<T> u, v;
};

template <class T>
inline T curl_update(T f, T keep, T gain, T u_hi, T u_lo, T inverse_u, T v_hi, T v_lo, T inverse_v) {
  return keep * f + gain * ((u_hi - u_lo) * inverse_u - (v_hi - v_lo) * inverse_v);
}

/// first <= i < last.
template <class T>
inline void update_row(const CurlRow<T>& row, Index first, Index last) {
  const auto [f_, keep, gain, u, v] = row;
  T* __restrict f = f_;
  HILBRICK_NO_ALIASES
  for (Index i = first; i < last; ++i) f[i] = curl_update(f[i], keep, gain, u.hi[i], u.lo[i], u.inverse, v.hi[i], v.lo[i], v.inverse);
}

/// All three components in one pass: each neighbour's row is read once.
template <class T>
inline void update_rows(const CurlRow<T>& a, const CurlRow<T>& b, const CurlRow<T>& c, Index first, Index last) {
  const CurlRow<T> ra = a, rb = b, rc = c;
  T* __restrict fa = ra.f, * __restrict fb = rb.f, * __restrict fc = rc.f;
  HILBRICK_NO_ALIASES
  for (Index i = first; i < last; ++i) {
    fa[i] = curl_update(fa[i], ra.keep, ra.gain, ra.u.hi[i], ra.u.lo[i], ra.u.inverse, ra.v.hi[i], ra.v.lo[i], ra.v.inverse);
    fb[i] = curl_update(fb[i], rb.keep, rb.gain, rb.u.hi[i], rb.u.lo[i], rb.u.inverse, rb.v.hi[i], rb.v.lo[i], rb.v.inverse);
    fc[i] = curl_update(fc[i], rc.keep, rc.gain, rc.u.hi[i], rc.u.lo[i], rc.u.inverse, rc.v.hi[i], rc.v.lo[i], rc.v.inverse);
  }
}

/// psi' = b psi + c d, f' = f + gain psi': what a layer adds to one derivative d, whose sign in the curl goes with gain. b and c are
/// functions of i: they vary where the layer's axis is x.
template <class T, class B, class C>
inline void cpml_row(T* __restrict f, T* __restrict psi, Index count, T gain, B b, C c, const Difference<T>& d) {
  const T* __restrict hi = d.hi;
  const T* __restrict lo = d.lo;
  HILBRICK_NO_ALIASES
  for (Index i = 0; i < count; ++i) {
    psi[i] = b(i) * psi[i] + c(i) * ((hi[i] - lo[i]) * d.inverse);
    f[i] += gain * psi[i];
  }
}

}  // namespace hilbrick::fdtd

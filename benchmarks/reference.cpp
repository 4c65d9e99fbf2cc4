// SPDX-License-Identifier: BSD-3-Clause
#include "reference.hpp"

#include <hilbrick/partition/error.hpp>
#include <string>

namespace hilbrick::benchmarks {
namespace {

template <class T>
MPI_Datatype mpi_type() {
  return sizeof(T) == sizeof(float) ? MPI_FLOAT : MPI_DOUBLE;
}

}  // namespace

template <class T>
Reference<T>::Reference(MPI_Comm comm, Int3 cells, std::array<double, 3> courant) : comm_(comm) {
  int rank = 0, ranks = 1;
  MPI_Comm_rank(comm, &rank);
  MPI_Comm_size(comm, &ranks);
  if (cells.x < 1 || cells.y < 1 || cells.z < ranks)
    throw Error("reference: expected at least 1x1x" + std::to_string(ranks) + " cells, a plane along z for each rank, found " +
                std::to_string(cells.x) + "x" + std::to_string(cells.y) + "x" + std::to_string(cells.z) +
                "; use more cells or fewer ranks");
  if (rank > 0) below_ = rank - 1;
  if (rank + 1 < ranks) above_ = rank + 1;
  owned_ = {{0, 0, rank * cells.z / ranks}, {cells.x, cells.y, (rank + 1) * cells.z / ranks}};
  stride_y_ = cells.x + 1;
  stride_z_ = stride_y_ * (cells.y + 1);
  for (std::size_t a = 0; a < 3; ++a) courant_[a] = static_cast<T>(courant[a]);
  for (auto& field : fields_) field.assign(static_cast<std::size_t>(stride_z_ * (owned_.extent().z + 2)), T(0));
}

template <class T>
void Reference<T>::shift(int component, Index sent, int to, Index received, int from) {
  T* field = fields_[static_cast<std::size_t>(component)].data();
  const int count = static_cast<int>(stride_z_);
  MPI_Sendrecv(field + sent * stride_z_, count, mpi_type<T>(), to, component, field + received * stride_z_, count, mpi_type<T>(), from,
               component, comm_, MPI_STATUS_IGNORE);
}

template <class T>
void Reference<T>::step() {
  const Index planes = owned_.extent().z;
  for (int h : {3, 4}) shift(h, planes, above_, 0, below_);
  update_e();
  for (int e : {0, 1}) shift(e, 1, below_, planes + 1, above_);
  update_h();
}

template <class T>
void Reference<T>::update_e() {
  const Int3 n = owned_.extent();
  const Index sy = stride_y_, sz = stride_z_;
  const T kx = courant_[0], ky = courant_[1], kz = courant_[2];
  for (Index z = 0; z < n.z; ++z)
    for (Index y = 0; y < n.y; ++y) {
      const Index row = sy * y + sz * (z + 1);
      T* __restrict ex = fields_[0].data() + row;
      T* __restrict ey = fields_[1].data() + row;
      T* __restrict ez = fields_[2].data() + row;
      const T* __restrict hx = fields_[3].data() + row;
      const T* __restrict hy = fields_[4].data() + row;
      const T* __restrict hz = fields_[5].data() + row;
      // Tangential E on the walls stays zero.
      const bool y_wall = y == 0, z_wall = owned_.lo.z + z == 0;
      if (!y_wall && !z_wall) {
        ex[0] += ky * (hz[0] - hz[-sy]) - kz * (hy[0] - hy[-sz]);
#pragma GCC ivdep
        for (Index x = 1; x < n.x; ++x) {
          ex[x] += ky * (hz[x] - hz[x - sy]) - kz * (hy[x] - hy[x - sz]);
          ey[x] += kz * (hx[x] - hx[x - sz]) - kx * (hz[x] - hz[x - 1]);
          ez[x] += kx * (hy[x] - hy[x - 1]) - ky * (hx[x] - hx[x - sy]);
        }
      } else if (!z_wall) {
        for (Index x = 1; x < n.x; ++x) ey[x] += kz * (hx[x] - hx[x - sz]) - kx * (hz[x] - hz[x - 1]);
      } else if (!y_wall) {
        for (Index x = 1; x < n.x; ++x) ez[x] += kx * (hy[x] - hy[x - 1]) - ky * (hx[x] - hx[x - sy]);
      }
    }
}

template <class T>
void Reference<T>::update_h() {
  const Int3 n = owned_.extent();
  const Index sy = stride_y_, sz = stride_z_;
  const T kx = courant_[0], ky = courant_[1], kz = courant_[2];
  for (Index z = 0; z < n.z; ++z)
    for (Index y = 0; y < n.y; ++y) {
      const Index row = sy * y + sz * (z + 1);
      const T* __restrict ex = fields_[0].data() + row;
      const T* __restrict ey = fields_[1].data() + row;
      const T* __restrict ez = fields_[2].data() + row;
      T* __restrict hx = fields_[3].data() + row;
      T* __restrict hy = fields_[4].data() + row;
      T* __restrict hz = fields_[5].data() + row;
#pragma GCC ivdep
      for (Index x = 0; x < n.x; ++x) {
        hx[x] -= ky * (ez[x + sy] - ez[x]) - kz * (ey[x + sz] - ey[x]);
        hy[x] -= kz * (ex[x + sz] - ex[x]) - kx * (ez[x + 1] - ez[x]);
        hz[x] -= kx * (ey[x + 1] - ey[x]) - ky * (ex[x + sy] - ex[x]);
      }
    }
}

template class Reference<float>;
template class Reference<double>;

void Copy::step() {
  float* __restrict v = values_.data();
  const std::size_t n = values_.size();
  for (std::size_t i = 0; i < n; ++i) v[i] = v[i] * 0.5F + 0.5F;
}

}  // namespace hilbrick::benchmarks

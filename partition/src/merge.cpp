// SPDX-License-Identifier: BSD-3-Clause
#include <algorithm>
#include <hilbrick/partition/merge.hpp>
#include <tuple>
#include <utility>

namespace hilbrick {
namespace {

/// The union on the coarsest lattice that has all its faces as planes.
class Lattice {
 public:
  explicit Lattice(const std::vector<Box>& boxes) {
    for (int a = 0; a < 3; ++a) {
      auto& planes = planes_[a];
      for (const Box& b : boxes) planes.insert(planes.end(), {b.lo[a], b.hi[a]});
      std::sort(planes.begin(), planes.end());
      planes.erase(std::unique(planes.begin(), planes.end()), planes.end());
      size_[a] = static_cast<Index>(planes.size()) - 1;
    }
    filled_.assign(static_cast<std::size_t>(product(size_)), 0);
    for (const Box& b : boxes) fill(on_lattice(b), 1);
  }

  /// What one search for the largest box costs, in visited lattice cells.
  double search_cost() const { return static_cast<double>(product(size_)) * static_cast<double>(size_.z + 1) / 2; }

  Box in_cells(const Box& b) const {
    Box cells;
    for (int a = 0; a < 3; ++a) {
      cells.lo[a] = planes_[a][static_cast<std::size_t>(b.lo[a])];
      cells.hi[a] = planes_[a][static_cast<std::size_t>(b.hi[a])];
    }
    return cells;
  }

  void remove(const Box& b) { fill(b, 0); }

  /// The largest box (in cells) of filled lattice cells: for every range of z the largest rectangle under a histogram over x
  /// that grows along y. Empty when nothing is filled.
  Box largest() const {
    Box best;
    std::pair<Index, Index> best_size{0, 0};  // volume, then length along x
    std::vector<char> column(static_cast<std::size_t>(size_.x * size_.y));
    for (Index z0 = 0; z0 < size_.z; ++z0) {
      std::fill(column.begin(), column.end(), char{1});
      for (Index z1 = z0; z1 < size_.z; ++z1) {
        bool any = false;
        for (std::size_t i = 0; i < column.size(); ++i) {
          column[i] = column[i] && filled_[static_cast<std::size_t>(z1) * column.size() + i];
          any = any || column[i];
        }
        if (!any) break;
        largest_rectangle(column, [&](Index x0, Index x1, Index y0, Index y1) {
          const Box candidate{{x0, y0, z0}, {x1, y1, z1 + 1}};
          const Int3 e = in_cells(candidate).extent();
          const std::pair<Index, Index> size{product(e), e.x};
          if (size > best_size) {
            best_size = size;
            best = candidate;
          }
        });
      }
    }
    return best;
  }

  /// The filled lattice cells merged into runs along x, runs into sheets along y, sheets into boxes along z.
  std::vector<Box> runs() const {
    std::vector<Box> boxes;
    for_each_cell({{0, 0, 0}, size_}, [&](Int3 c) {
      if (filled_[at(c)]) boxes.push_back({c, c + Int3{1, 1, 1}});
    });
    for (int axis = 0; axis < 3; ++axis) join_along(axis, boxes);
    return boxes;
  }

 private:
  std::size_t at(Int3 c) const { return static_cast<std::size_t>(c.x + size_.x * (c.y + size_.y * c.z)); }

  void fill(const Box& b, char value) {
    for_each_cell(b, [&](Int3 c) { filled_[at(c)] = value; });
  }

  Box on_lattice(const Box& b) const {
    Box out;
    for (int a = 0; a < 3; ++a) {
      const auto index = [&](Index plane) { return std::lower_bound(planes_[a].begin(), planes_[a].end(), plane) - planes_[a].begin(); };
      out.lo[a] = index(b.lo[a]);
      out.hi[a] = index(b.hi[a]);
    }
    return out;
  }

  /// Calls f(x0, x1, y0, y1) for every maximal rectangle of set cells in a sheet of size_.x times size_.y.
  template <class F>
  void largest_rectangle(const std::vector<char>& sheet, F&& f) const {
    std::vector<Index> bottom(static_cast<std::size_t>(size_.x));  // the first y of the run of set cells that ends at this y
    std::vector<std::pair<Index, Index>> open;                     // (x where it starts, bottom): rectangles still growing along x
    for (Index y = 0; y < size_.y; ++y) {
      open.clear();
      for (Index x = 0; x <= size_.x; ++x) {
        Index low = y + 1;  // nothing set here
        if (x < size_.x) {
          auto& b = bottom[static_cast<std::size_t>(x)];
          if (!sheet[static_cast<std::size_t>(x + size_.x * y)]) b = y + 1;
          low = b;
        }
        Index start = x;
        while (!open.empty() && open.back().second < low) {
          f(open.back().first, x, open.back().second, y + 1);
          start = open.back().first;
          open.pop_back();
        }
        if (low <= y && (open.empty() || open.back().second > low)) open.emplace_back(start, low);
      }
    }
  }

  static void join_along(int axis, std::vector<Box>& boxes) {
    const auto cross_section = [axis](const Box& b) {
      const int u = (axis + 1) % 3, v = (axis + 2) % 3;
      return std::tuple(b.lo[u], b.hi[u], b.lo[v], b.hi[v]);
    };
    std::sort(boxes.begin(), boxes.end(), [&](const Box& a, const Box& b) {
      return std::tuple(cross_section(a), a.lo[axis]) < std::tuple(cross_section(b), b.lo[axis]);
    });
    std::vector<Box> joined;
    for (const Box& b : boxes) {
      if (!joined.empty() && joined.back().hi[axis] == b.lo[axis] && cross_section(joined.back()) == cross_section(b))
        joined.back().hi[axis] = b.hi[axis];
      else
        joined.push_back(b);
    }
    boxes = std::move(joined);
  }

  std::array<std::vector<Index>, 3> planes_;
  Int3 size_;
  std::vector<char> filled_;  // x fastest
};

}  // namespace

std::vector<Box> merged(const std::vector<Box>& boxes) {
  if (boxes.size() < 2) return boxes;
  double budget = 3e7;  // visited lattice cells: some 30 ms
  Lattice lattice(boxes);
  std::vector<Box> out;
  while ((budget -= lattice.search_cost()) > 0) {
    const Box box = lattice.largest();
    if (box.empty()) return out;
    out.push_back(lattice.in_cells(box));
    lattice.remove(box);
  }
  for (const Box& box : lattice.runs()) out.push_back(lattice.in_cells(box));
  return out;
}

}  // namespace hilbrick

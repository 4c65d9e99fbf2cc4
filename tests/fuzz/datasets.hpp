// SPDX-License-Identifier: BSD-3-Clause
#pragma once

// HDF5 files whose content bytes decide. Their form is HDF5's own: it is not proof against bytes itself (1.10.8 falls within seconds).

#include <hdf5.h>

#include <algorithm>
#include <string>
#include <vector>

#include "fuzz.hpp"

namespace hilbrick::fuzz {

class Choices {
 public:
  Choices(const std::uint8_t* data, std::size_t size) : at_(data), end_(data + size) {}

  /// 0 <= choice < n, n at most 256; 0 when bytes have run out.
  unsigned below(unsigned n) { return at_ < end_ ? *at_++ % n : 0; }
  /// Up to n bytes.
  std::string text(std::size_t n) {
    n = std::min(n, static_cast<std::size_t>(end_ - at_));
    const std::string text(text_of(at_, n));
    at_ += n;
    return text;
  }

 private:
  const std::uint8_t *at_, *end_;
};

/// A dataset of any type and size, large ones without values.
inline void write_any(hid_t file, const std::string& name, Choices& choices) {
  const std::vector<hid_t> types{H5T_STD_I8LE,  H5T_STD_U8LE,   H5T_STD_I16BE,  H5T_STD_I32LE, H5T_STD_U32BE,
                                 H5T_STD_I64LE, H5T_IEEE_F32LE, H5T_IEEE_F64LE, H5T_C_S1,      H5T_STD_B16LE};
  const hid_t type = types[choices.below(static_cast<unsigned>(types.size()))];
  const unsigned axes = choices.below(6);
  std::vector<hsize_t> size;
  hsize_t volume = 1;
  for (unsigned a = 0; a < axes; ++a) {
    const unsigned n = choices.below(64);
    size.push_back(n < 40 ? n % 8 : hsize_t{1} << 2 * (n - 40));
    volume *= size.back();
  }
  const hid_t space = choices.below(16) == 15 ? H5Screate(H5S_NULL) : H5Screate_simple(static_cast<int>(axes), size.data(), nullptr);
  const hid_t set = H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
  if (set >= 0) {
    if (volume > 0 && volume < 1000 && axes > 0) {
      std::vector<std::uint8_t> values(volume * H5Tget_size(type));
      for (std::uint8_t& v : values) v = static_cast<std::uint8_t>(choices.below(256));
      H5Dwrite(set, type, H5S_ALL, space, H5P_DEFAULT, values.data());
    }
    H5Dclose(set);
  }
  H5Sclose(space);
}

}  // namespace hilbrick::fuzz

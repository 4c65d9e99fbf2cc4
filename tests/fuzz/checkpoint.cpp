// SPDX-License-Identifier: BSD-3-Clause
// Checkpoints. The first byte says what the rest is: 0 the file, else choices of what a file holds whose head fits it.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <hilbrick/checkpoint.hpp>
#include <hilbrick/digest.hpp>

#include "datasets.hpp"

using namespace hilbrick;

namespace {

constexpr std::size_t head_bytes = 512;

const std::filesystem::path& folder() {
  static const std::filesystem::path path = std::filesystem::temp_directory_path() / ("hilbrick_fuzz_" + std::to_string(getpid()));
  return path;
}

/// Each dataset is as it should be, of any kind, or not there.
void write_choices(const std::filesystem::path& file, fuzz::Choices& choices) {
  const hid_t creation = H5Pcreate(H5P_FILE_CREATE);
  H5Pset_userblock(creation, head_bytes);
  const hid_t output = H5Fcreate(file.c_str(), H5F_ACC_TRUNC, creation, H5P_DEFAULT);
  H5Pclose(creation);
  for (const char* group : {"/state", "/state/inside"}) H5Gclose(H5Gcreate2(output, group, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  const auto write = [&](const char* name, hid_t type, const std::vector<hsize_t>& size, const void* values) {
    const unsigned choice = choices.below(8);
    if (choice == 7) return;
    if (choice == 6) return fuzz::write_any(output, name, choices);
    const hid_t space = H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr);
    const hid_t set = H5Dcreate2(output, name, type, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values);
    H5Dclose(set);
    H5Sclose(space);
  };
  std::string about = R"({"program": "fuzz", "version": "1", "step": 1, "setting": {"cells": "4 3 2"}})";
  if (choices.below(4) == 3) {
    const std::string inserted = choices.text(choices.below(32));
    about.replace(choices.below(static_cast<unsigned>(about.size())), choices.below(32), inserted);
  }
  const std::vector<double> numbers(24, 1.0);
  const std::vector<float> values(3, 1.0F);
  const Index step = 1;
  write("/about", H5T_NATIVE_UINT8, {about.size()}, about.data());
  write("/state/field", H5T_NATIVE_DOUBLE, {2, 3, 4}, numbers.data());
  write("/state/inside/list", H5T_NATIVE_DOUBLE, {5}, numbers.data());
  write("/state/values", H5T_NATIVE_FLOAT, {3}, values.data());
  write("/state/step", H5T_NATIVE_INT64, {1}, &step);
  H5Fclose(output);
}

void read(const Comm& comm) {
  std::vector<double> field(24), list;
  std::vector<float> values(3);
  Index step = 0;
  const Int3 extent{4, 3, 2};
  Checkpoints checkpoints(comm, folder(), {"fuzz", "1", {{"cells", "4 3 2"}}}, [&](Checkpoint& c) {
    c.parts<double>("field", extent, {{{{0, 0, 0}, extent}, field.data()}});
    c.within("inside", [&] { c.list("list", list); });
    c.values("values", values);
    c.value("step", step);
  });
  checkpoints.read(folder());
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  MPI_Init(argc, argv);
  std::filesystem::create_directories(folder());
  return std::atexit([] {
    std::error_code ignored;
    std::filesystem::remove_all(folder(), ignored);
  });
}

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Comm comm(MPI_COMM_SELF);
  static const std::filesystem::path file = folder() / "checkpoint_0000000001.h5";
  if (size == 0) return 0;
  if (*data == 0) {
    std::ofstream(file, std::ios::binary) << fuzz::text_of(data + 1, size - 1);
    return fuzz::accept([&] { read(comm); });
  }
  fuzz::Choices choices(data + 1, size - 1);
  write_choices(file, choices);
  std::string head = "hilbrick checkpoint 1\nbytes " + std::to_string(std::filesystem::file_size(file)) + "\ndigest " +
                     hex(file_digest(comm, file, head_bytes)) + "\n";
  head.resize(head_bytes);
  std::fstream(file, std::ios::binary | std::ios::in | std::ios::out) << head;
  return fuzz::accept([&] { read(comm); });
}

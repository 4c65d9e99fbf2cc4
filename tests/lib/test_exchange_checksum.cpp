// SPDX-License-Identifier: BSD-3-Clause
// A byte that changes between the ranks: here MPI's own calls are wrapped, and one message is spoiled after it was handed over.
#include <gtest/gtest.h>

#include "oracle.hpp"

namespace {

struct {
  std::byte* message = nullptr;  // of the first persistent send
  bool on = false;
} spoiler;

}  // namespace

extern "C" int MPI_Send_init(const void* buffer, int count, MPI_Datatype type, int to, int tag, MPI_Comm comm, MPI_Request* request) {
  if (spoiler.message == nullptr) spoiler.message = static_cast<std::byte*>(const_cast<void*>(buffer));
  return PMPI_Send_init(buffer, count, type, to, tag, comm, request);
}

extern "C" int MPI_Startall(int count, MPI_Request* requests) {
  if (spoiler.on && spoiler.message != nullptr) spoiler.message[5] ^= std::byte{1};
  return PMPI_Startall(count, requests);
}

namespace hilbrick::testing {
namespace {

TEST(Checksum, NamesThePairWhoseMessageChanged) {
  const Comm comm(MPI_COMM_WORLD);
  const Stencil stencil = Stencil::star(1);
  const Domain domain = make_domain(comm, Tiling({{12, 6, 5}, {false, false, false}}, 2), {}, stencil, {}, Method::slab, 8);
  const Field<double> field("field", domain, {&stencil, 1}, 0);
  ExchangeOptions options{Transport::message};
  options.checksum = true;
  Exchange exchange(comm, domain, stencil, {field.ref()}, options);
  for (std::size_t b = 0; b < domain.boxes.size(); ++b)
    for_each_cell(field.blocks()[b].owned, [&](Int3 c) { field.at(b, c) = value_at<double>(0, c); });
  exchange.start(0).finish();

  // Rank 1 sends to rank 0 first.
  spoiler.on = comm.rank() == 1;
  auto pending = exchange.start(0);
  if (comm.rank() == 0) {
    try {
      pending.finish();
      ADD_FAILURE() << "expected an error";
    } catch (const Error& e) {
      EXPECT_EQ(e.exit_code(), 4);
      EXPECT_NE(std::string(e.what()).find("from rank 1 to rank 0 in phase 0"), std::string::npos) << e.what();
    }
  } else {
    EXPECT_NO_THROW(pending.finish());
  }
}

}  // namespace
}  // namespace hilbrick::testing

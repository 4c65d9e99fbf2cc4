// SPDX-License-Identifier: BSD-3-Clause
#include "wiring.hpp"

#if defined(OPEN_MPI) && __has_include(<mpi-ext.h>)
#include <mpi-ext.h>
#endif

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <hilbrick/comm.hpp>
#include <hilbrick/digest.hpp>
#include <random>
#include <string_view>

#include "copy.hpp"
#include "shared_memory.hpp"

namespace hilbrick {
namespace {

/// What MPI says of itself. Where it says nothing it is not tried: an MPI that reads device memory as the host's crashes.
bool says_it_moves_device_memory() {
  if constexpr (Kokkos::SpaceAccessibility<Kokkos::HostSpace, DeviceBuffer::memory_space>::accessible) return true;
#if defined(KOKKOS_ENABLE_CUDA) && defined(MPIX_CUDA_AWARE_SUPPORT)
  return MPIX_Query_cuda_support() == 1;
#elif defined(KOKKOS_ENABLE_HIP) && defined(MPIX_ROCM_AWARE_SUPPORT)
  return MPIX_Query_rocm_support() == 1;
#else
  const char* cray = std::getenv("MPICH_GPU_SUPPORT_ENABLED");
  return cray != nullptr && std::string_view(cray) == "1";
#endif
}

}  // namespace

Wiring::Wiring(MPI_Comm parent) {
  MPI_Comm_dup(parent, &messages_);
  MPI_Comm_set_errhandler(messages_, MPI_ERRORS_ARE_FATAL);
  Rank rank = 0;
  MPI_Comm_rank(messages_, &rank);
  MPI_Comm_split_type(messages_, MPI_COMM_TYPE_SHARED, rank, MPI_INFO_NULL, &node_);
  int size = 0;
  MPI_Comm_size(node_, &size);
  MPI_Comm_rank(node_, &place_);
  node_ranks_.resize(static_cast<std::size_t>(size));
  MPI_Allgather(&rank, 1, MPI_INT, node_ranks_.data(), 1, MPI_INT, node_);
  int* bound = nullptr;
  int found = 0;
  MPI_Comm_get_attr(messages_, MPI_TAG_UB, &bound, &found);
  last_tag_ = found != 0 ? *bound : 32767;  // what every MPI has
}

Wiring::~Wiring() {
  int finalized = 0;
  MPI_Finalized(&finalized);
  if (finalized != 0) return;
  MPI_Comm_free(&node_);
  MPI_Comm_free(&messages_);
}

bool Wiring::on_node(Rank rank) const { return std::binary_search(node_ranks_.begin(), node_ranks_.end(), rank); }

int Wiring::take_tags(int count) {
  // The first room at or after `from` on this rank.
  const auto room = [&](Index from) {
    for (const auto& [first, many] : taken_) {
      if (first + many <= from) continue;
      if (from + count <= first) break;
      from = first + many;
    }
    return from;
  };
  // Exchanges may die at different times on different ranks: go on until all ranks have room at the same place. Tags are reused late.
  bool from_zero = next_tag_ == 0;
  for (Index from = next_tag_;;) {
    Index range[2] = {room(from), 0};
    range[1] = -range[0];
    MPI_Allreduce(MPI_IN_PLACE, range, 2, MPI_INT64_T, MPI_MAX, messages_);
    from = range[0];
    if (from + count - 1 > last_tag_) {
      if (from_zero)
        throw SharedError("exchange: expected room for " + std::to_string(count) +
                              " tags, found that living exchanges hold too many of the " + std::to_string(last_tag_) +
                              " that MPI has; keep fewer exchanges",
                          4);
      from_zero = true;
      from = 0;
    } else if (range[0] == -range[1]) {
      taken_[from] = count;
      next_tag_ = from + count;
      return static_cast<int>(from);
    }
  }
}

void Wiring::give_back_tags(int first) { taken_.erase(first); }

std::vector<std::int64_t> Wiring::swap(const std::vector<std::int64_t>& values) const {
  std::vector<std::int64_t> theirs(values.size());
  MPI_Alltoall(values.data(), 1, MPI_INT64_T, theirs.data(), 1, MPI_INT64_T, node_);
  return theirs;
}

std::string Wiring::segment_name(std::size_t place, int first_tag) const {
  return "/hilbrick-" + hex(nonces_[place]) + "-" + std::to_string(first_tag);
}

const std::vector<std::string>& Wiring::refusals() {
  if (refusals_.empty()) probe();
  return refusals_;
}

bool Wiring::moves_device_memory() {
  if (moves_device_memory_) return *moves_device_memory_;
  const auto all = [&](bool mine) {
    int good = mine ? 1 : 0;
    MPI_Allreduce(MPI_IN_PLACE, &good, 1, MPI_INT, MPI_MIN, messages_);
    return good != 0;
  };
  bool works = all(says_it_moves_device_memory());
  MPI_Comm ring = MPI_COMM_NULL;  // whose messages meet no exchange's
  MPI_Comm_dup(messages_, &ring);
  int rank = 0, ranks = 0;
  MPI_Comm_rank(ring, &rank);
  MPI_Comm_size(ring, &ranks);
  // Short and long messages go different ways.
  for (const std::size_t bytes : {std::size_t{64}, std::size_t{1} << 20}) {
    if (!works) break;
    const auto pattern = [bytes](int of) {
      std::vector<std::byte> values(bytes);
      std::minstd_rand random(static_cast<unsigned>(of) + 1);
      for (std::byte& value : values) value = static_cast<std::byte>(random() >> 8 & 255);
      return values;
    };
    const DeviceBuffer out("hilbrick::Wiring::out", bytes), in("hilbrick::Wiring::in", bytes);
    const std::vector<std::byte> sent = pattern(rank);
    copy_to_device(bytes_of(out), sent.data(), bytes);
    fence("hilbrick::Wiring: before device memory is sent");
    const int previous = (rank + ranks - 1) % ranks;
    MPI_Sendrecv(out.data(), static_cast<int>(bytes), MPI_BYTE, (rank + 1) % ranks, 0, in.data(), static_cast<int>(bytes), MPI_BYTE,
                 previous, 0, ring, MPI_STATUS_IGNORE);
    std::vector<std::byte> received(bytes);
    copy_to_host(received.data(), bytes_of(in), bytes);
    fence("hilbrick::Wiring: device memory was received");
    works = all(received == pattern(previous));
  }
  MPI_Comm_free(&ring);
  moves_device_memory_ = works;
  return works;
}

void Wiring::probe() {
  const std::size_t ranks = node_ranks_.size(), me = static_cast<std::size_t>(place_);
  refusals_.assign(ranks, {});
  nonces_.assign(ranks, 0);
  using Word = std::atomic<std::uint64_t>;
  static_assert(Word::is_always_lock_free);
  const std::size_t bytes = (1 + ranks) * sizeof(Word);
  const auto words = [](const SharedMemory& memory) { return reinterpret_cast<Word*>(memory.data()); };

  // Everyone's memory holds its nonce, and a word in which each other rank writes its own.
  std::random_device random;
  std::uint64_t nonce = 0;
  while (nonce == 0) nonce = std::uint64_t{random()} << 32 | random();
  SharedMemory mine;
  std::string failed;
  try {
    mine = SharedMemory::create("/hilbrick-" + hex(nonce), bytes);
    words(mine)[0] = nonce;
  } catch (const Error& e) {
    failed = e.what();
    nonce = 0;
  }
  MPI_Allgather(&nonce, 1, MPI_UINT64_T, nonces_.data(), 1, MPI_UINT64_T, node_);
  for (std::size_t i = 0; i < ranks; ++i) {
    if (i == me) continue;
    if (nonce == 0) {
      refusals_[i] = failed;
    } else if (nonces_[i] == 0) {
      refusals_[i] = second_hand;
    } else {
      try {
        const SharedMemory theirs = SharedMemory::open("/hilbrick-" + hex(nonces_[i]), 0, bytes);
        if (words(theirs)[0] != nonces_[i]) throw Error("shared memory does not hold what was written to it");
        words(theirs)[1 + me] = nonce;
      } catch (const Error& e) {
        refusals_[i] = e.what();
      }
    }
  }
  // All have written once all have answered; then all know which pairs work both ways.
  const auto answers = [&] {
    std::vector<std::int64_t> good(ranks);
    for (std::size_t i = 0; i < ranks; ++i) good[i] = refusals_[i].empty() ? 1 : 0;
    const auto theirs = swap(good);
    for (std::size_t i = 0; i < ranks; ++i)
      if (theirs[i] == 0 && refusals_[i].empty()) refusals_[i] = second_hand;
  };
  answers();
  for (std::size_t i = 0; i < ranks; ++i)
    if (i != me && refusals_[i].empty() && words(mine)[1 + i] != nonces_[i])
      refusals_[i] = "what one writes to shared memory the other does not read";
  answers();
}

}  // namespace hilbrick

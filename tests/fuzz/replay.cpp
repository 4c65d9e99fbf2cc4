// SPDX-License-Identifier: BSD-3-Clause
// A fuzz target without a fuzzer: replays files, then changes them at random, always in the same way.
//   replay_TARGET [--changes N] FILE|FOLDER...
// Ends by a signal where the target does not come back from an input; that input is then in crash-TARGET.bin.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "fuzz.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr unsigned seconds_for_one = 10;
constexpr std::size_t most_bytes = std::size_t{1} << 16;

Bytes now;  // what the target is busy with

void save_and_end(int signal) {
  const int file = open("crash-" FUZZ_TARGET ".bin", O_CREAT | O_WRONLY | O_TRUNC, 0644);
  if (file < 0 || write(file, now.data(), now.size()) < 0) _exit(99);
  std::signal(signal, SIG_DFL);
  raise(signal);
}

void run(Bytes input) {
  now = std::move(input);
  alarm(seconds_for_one);
  LLVMFuzzerTestOneInput(now.data(), now.size());
  alarm(0);
}

/// One change of a kind that breaks readers: a bit, a byte, a number of another size, a stretch left out, doubled, or of another file.
void change(Bytes& bytes, const std::vector<Bytes>& seeds, std::mt19937_64& random) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random() % std::max<std::size_t>(n, 1)); };
  const auto at = static_cast<std::ptrdiff_t>(below(bytes.size() + 1));
  const auto end = std::min<std::ptrdiff_t>(at + 1 + static_cast<std::ptrdiff_t>(below(64)), static_cast<std::ptrdiff_t>(bytes.size()));
  static const std::vector<std::string> words{"0",
                                              "-1",
                                              "1e999",
                                              "nan",
                                              "9223372036854775807",
                                              "1e-300",
                                              "[]",
                                              "{}",
                                              "\"",
                                              "\n",
                                              "1.5",
                                              "-0.0",
                                              std::string(4, '\xff'),
                                              std::string(8, '\0'),
                                              std::string("\0\0\0\x80", 4)};
  const auto insert = [&](auto first, auto last) { bytes.insert(bytes.begin() + at, first, last); };
  switch (below(6)) {
    case 0:
      if (at < end) bytes[static_cast<std::size_t>(at)] ^= static_cast<std::uint8_t>(1u << below(8));
      break;
    case 1:
      if (at < end) bytes[static_cast<std::size_t>(at)] = static_cast<std::uint8_t>(random());
      break;
    case 2: {
      const std::string& word = words[below(words.size())];
      if (below(2) == 0) bytes.erase(bytes.begin() + at, bytes.begin() + std::min(at + static_cast<std::ptrdiff_t>(word.size()), end));
      insert(word.begin(), word.end());
      break;
    }
    case 3:
      bytes.erase(bytes.begin() + at, bytes.begin() + end);
      break;
    case 4: {
      const Bytes part(bytes.begin() + at, bytes.begin() + end);
      insert(part.begin(), part.end());
      break;
    }
    default: {
      const Bytes& other = seeds[below(seeds.size())];
      const auto from = static_cast<std::ptrdiff_t>(below(other.size()));
      insert(other.begin() + from, other.begin() + std::min<std::ptrdiff_t>(from + 40, static_cast<std::ptrdiff_t>(other.size())));
    }
  }
  if (bytes.size() > most_bytes) bytes.resize(most_bytes);
}

void read(const std::filesystem::path& path, std::vector<Bytes>& seeds) {
  if (std::filesystem::is_directory(path)) {
    std::vector<std::filesystem::path> files(std::filesystem::directory_iterator(path), {});
    std::sort(files.begin(), files.end());
    for (const auto& file : files) read(file, seeds);
    return;
  }
  std::ifstream in(path, std::ios::binary);
  seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t changes = 0;
  std::vector<Bytes> seeds;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--changes") == 0 && i + 1 < argc)
      changes = std::strtoull(argv[++i], nullptr, 10);
    else
      read(argv[i], seeds);
  }
  if (seeds.empty()) {
    std::fprintf(stderr, "replay_" FUZZ_TARGET ": expected files or folders with files, found none\n");
    return 2;
  }
#if !defined(__SANITIZE_ADDRESS__)  // which reserves the whole of memory for itself
  const rlimit memory{rlim_t{2} << 30, rlim_t{2} << 30};
  setrlimit(RLIMIT_AS, &memory);
#endif
  if (LLVMFuzzerInitialize) LLVMFuzzerInitialize(&argc, &argv);
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM}) std::signal(signal, save_and_end);
  for (const Bytes& seed : seeds) run(seed);
  std::mt19937_64 random(1);
  for (std::size_t n = 0; n < changes; ++n) {
    Bytes bytes = seeds[n % seeds.size()];
    for (std::size_t i = 0, count = 1 + random() % 8; i < count; ++i) change(bytes, seeds, random);
    run(std::move(bytes));
  }
  std::printf("replay_" FUZZ_TARGET ": %zu files, %zu changed\n", seeds.size(), changes);
  return 0;
}

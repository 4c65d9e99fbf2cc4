// SPDX-License-Identifier: BSD-3-Clause
#include "mpi_program.hpp"

#include <mpi.h>

#include <Kokkos_Core.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

namespace hilbrick {
namespace {

int checked_work(const std::string& name, const std::function<void(const Comm&)>& work) {
  int size = 1;
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  try {
    check_launcher(size);
  } catch (const Error& e) {
    // Each process believes that it is alone.
    if (launcher_rank() == 0) std::fprintf(stderr, "%s: %s\n", name.c_str(), e.what());
    return e.exit_code();
  }
  const Comm comm(MPI_COMM_WORLD);
  try {
    work(comm);
    return 0;
  } catch (const SharedError& e) {
    // Every rank is here: one speaks and all leave.
    if (comm.rank() == 0) std::fprintf(stderr, "%s: %s\n", name.c_str(), e.what());
    return e.exit_code();
  }
}

}  // namespace

int run_program(int argc, char** argv, const std::string& name, const std::function<void(CLI::App&)>& declare,
                const std::function<void(const Comm&)>& work) {
  int provided = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
  int rank = 0;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  int exit_code = 0;
  try {
    CLI::App app;
    app.failure_message([&](const CLI::App*, const CLI::Error& e) { return name + ": " + e.what() + "; see --help\n"; });
    app.set_version_flag("--version", HILBRICK_VERSION);
    declare(app);
    try {
      app.parse(argc, argv);
      Kokkos::initialize();
      exit_code = checked_work(name, work);
      Kokkos::finalize();
    } catch (const CLI::ParseError& e) {
      std::ostringstream out, err;
      exit_code = app.exit(e, out, err) == 0 ? 0 : 2;
      if (rank == 0) {
        std::fputs(out.str().c_str(), stdout);
        std::fputs(err.str().c_str(), stderr);
      }
    }
  } catch (const std::exception& e) {
    // One rank failed by itself: the others may wait for it for ever.
    const auto* error = dynamic_cast<const Error*>(&e);
    std::fprintf(stderr, "%s: rank %d: %s\n", name.c_str(), rank, e.what());
    std::fflush(stderr);
    MPI_Abort(MPI_COMM_WORLD, error ? error->exit_code() : 4);
  }
  MPI_Finalize();
  return exit_code;
}

CLI::Validator at_least(Index low) {
  const auto problem = [low](const std::string& text) {
    Index value = 0;
    return CLI::detail::lexical_cast(text, value) && value >= low
               ? std::string()
               : "expected an integer of at least " + std::to_string(low) + ", found \"" + text + "\"";
  };
  return CLI::Validator(problem, "", "");
}

CLI::Validator one_of(const std::vector<std::string>& words) {
  const auto problem = [words](const std::string& text) {
    std::string message;
    if (std::find(words.begin(), words.end(), text) != words.end()) return message;
    for (const std::string& word : words) message += (message.empty() ? "expected one of " : ", ") + word;
    return message + ", found \"" + text + "\"";
  };
  return CLI::Validator(problem, "", "");
}

std::string read_text(const Comm& comm, const std::string& path, const std::string& what) {
  std::string text;
  agree_on(comm, [&] {
    if (comm.rank() != 0) return;
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    if (file && file.peek() != std::ifstream::traits_type::eof()) content << file.rdbuf();  // of an empty file nothing is no failure
    if (!file.is_open() || file.bad() || content.fail())
      throw Error(path + ": expected a " + what + ", cannot read it (" + std::strerror(errno) + ")");
    text = content.str();
  });
  return broadcast(comm, std::move(text));
}

}  // namespace hilbrick

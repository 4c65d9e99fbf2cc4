// SPDX-License-Identifier: BSD-3-Clause
#include "mpi_program.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <hilbrick/program.hpp>
#include <sstream>

namespace hilbrick {

int run_with_options(int argc, char** argv, const std::string& name, const std::function<void(CLI::App&)>& declare,
                     const std::function<void(const Comm&)>& work) {
  return run_program(name, argc, argv, [&](const Comm& comm) {
    CLI::App app;
    app.failure_message([&](const CLI::App*, const CLI::Error& e) { return name + ": " + e.what() + "; see --help\n"; });
    app.set_version_flag("--version", HILBRICK_VERSION);
    declare(app);
    try {
      app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
      std::ostringstream out, err;
      const int exit_code = app.exit(e, out, err) == 0 ? 0 : 2;
      if (comm.rank() == 0) {
        std::fputs(out.str().c_str(), stdout);
        std::fputs(err.str().c_str(), stderr);
      }
      return exit_code;
    }
    work(comm);
    return 0;
  });
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

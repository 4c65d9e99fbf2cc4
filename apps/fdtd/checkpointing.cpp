// SPDX-License-Identifier: BSD-3-Clause
#include "checkpointing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "availability.hpp"
#include "setting.hpp"

namespace hilbrick::fdtd {
namespace {

constexpr double first_automatic_seconds = 60;  // then it is known what a checkpoint takes

/// Bits that ranks tell each other.
enum Wish : std::uint8_t { checkpoint = 1, usr1 = 2, usr2 = 4, term = 8, stop_file = 16, walltime = 32 };

struct Reason {
  Wish wish;
  const char* words;
};
constexpr std::array reasons{Reason{usr1, "SIGUSR1"}, Reason{usr2, "SIGUSR2"}, Reason{term, "SIGTERM"}, Reason{stop_file, "the file STOP"},
                             Reason{walltime, "--max-walltime"}};

/// A word of a command line as a shell wants it.
std::string quoted(const std::string& word) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) || std::string_view("_-+./=:,@%").find(static_cast<char>(c)) < 10; };
  if (!word.empty() && std::all_of(word.begin(), word.end(), plain)) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

}  // namespace

Checkpointing::Checkpointing(const Comm& comm, const Scene& scene, const RunOptions& options, const StopSignals& signals, Index state_bytes,
                             std::function<void(Checkpoint&)> state)
    : comm_(comm),
      scene_(scene),
      options_(options),
      signals_(signals),
      checkpoints_(comm, options.out, {"hilbrick-fdtd", HILBRICK_VERSION, setting_of(comm, scene)}, std::move(state),
                   scene.checkpoint.keep),
      meetings_(comm),
      guessed_seconds_(static_cast<double>(sum(comm, state_bytes)) / (1e8 * comm.nodes())) {}

bool Checkpointing::restart() {
  if (options_.restart.empty()) return false;
  source_ = checkpoints_.read(options_.restart);
  if (comm_.rank() == 0) {
    for (const std::string& reason : source_.refused) std::fprintf(stderr, "note: not taken: %s\n", reason.c_str());
    if (options_.progress != ProgressStyle::json)
      std::puts(fmt::format("goes on from {}, step {}", source_.path.string(), source_.step).c_str());
  }
  return true;
}

double interval_seconds(const CheckpointRequest& request, const Checkpoints::Cost& cost, int nodes) {
  double seconds = request.every_minutes ? 60 * *request.every_minutes : std::numeric_limits<double>::infinity();
  if (!request.mtbf_hours) return seconds;
  return std::min(seconds, cost.count == 0 ? first_automatic_seconds
                                           : plan::best_interval_seconds(cost.seconds / static_cast<double>(cost.count),
                                                                         3600 * *request.mtbf_hours / nodes));
}

double last_seconds(const Checkpoints::Cost& cost, double guessed_seconds, double walltime_s) {
  return cost.count > 0 ? 2 * cost.longest_seconds : std::min(2 * guessed_seconds, walltime_s / 2);
}

std::uint8_t Checkpointing::wishes() const {
  unsigned wishes = 0;
  const int signal = signals_.received();
  if (signal != 0) wishes |= signal == SIGUSR1 ? usr1 : signal == SIGUSR2 ? usr2 : term;
  if (comm_.rank() != 0) return static_cast<std::uint8_t>(wishes);
  const auto now = Clock::now();
  const auto seconds_since = [&](Clock::time_point t) { return std::chrono::duration<double>(now - t).count(); };
  if (seconds_since(written_) >= interval_seconds(scene_.checkpoint, checkpoints_.cost(), comm_.nodes())) wishes |= checkpoint;
  std::error_code ignored;
  if (std::filesystem::exists(options_.out / "STOP", ignored)) wishes |= stop_file;
  if (options_.max_walltime_s &&
      seconds_since(options_.begin) + last_seconds(checkpoints_.cost(), guessed_seconds_, *options_.max_walltime_s) >=
          *options_.max_walltime_s)
    wishes |= walltime;
  return static_cast<std::uint8_t>(wishes);
}

bool Checkpointing::stop_after(Index step, bool last) {
  const std::optional<Index>& every = scene_.checkpoint.every;
  bool due = every && step % *every == 0;
  if (!last && meetings_.due(step)) {
    const std::uint8_t all = meetings_.meet(step, wishes());
    for (const Reason& reason : reasons)
      if ((all & reason.wish) && stopped_by_.empty()) stopped_by_ = reason.words;
    due = due || all != 0;
  }
  if (due) write(step);
  if (stopped_by_.empty()) return false;
  // Who goes on in the same folder does not want to stop at once.
  std::error_code ignored;
  if (comm_.rank() == 0) std::filesystem::remove(options_.out / "STOP", ignored);
  return true;
}

void Checkpointing::write(Index step) {
  try {
    checkpoints_.write(step);
  } catch (const SharedError& failure) {
    throw with_advice(failure);
  }
  written_ = Clock::now();
}

std::string Checkpointing::command() const {
  std::string line;
  if (std::getenv("OMPI_COMM_WORLD_SIZE"))
    line = fmt::format("mpirun -np {} ", comm_.size());
  else if (std::getenv("SLURM_STEP_NUM_TASKS"))
    line = fmt::format("srun -n {} ", comm_.size());
  for (std::size_t i = 0; i < options_.command.size(); ++i) {
    const std::string& word = options_.command[i];
    if (word == "--restart") ++i;
    if (word == "--restart" || word.starts_with("--restart=")) continue;
    line += quoted(word) + " ";
  }
  return line + "--restart " + quoted(checkpoints_.last().string());
}

std::string Checkpointing::farewell(Index step, Index steps) const {
  return fmt::format("stopped by {} after step {} of {}; the state is in {}. To go on: {}", stopped_by_, step, steps,
                     checkpoints_.last().string(), command());
}

SharedError Checkpointing::with_advice(const SharedError& failure) const {
  return checkpoints_.last().empty()
             ? failure
             : SharedError(fmt::format("{}. To go on from {}: {}", failure.what(), checkpoints_.last().string(), command()),
                           failure.exit_code());
}

CheckpointReport Checkpointing::report() const {
  const Checkpoints::Cost& cost = checkpoints_.cost();
  return {source_.path.string(), source_.step, cost.count, cost.bytes, cost.seconds, checkpoints_.last().string(), stopped_by_};
}

}  // namespace hilbrick::fdtd

// SPDX-License-Identifier: BSD-3-Clause
#include "run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <hilbrick/memory.hpp>
#include <limits>

#include "advice.hpp"
#include "checkpointing.hpp"
#include "doubts.hpp"
#include "elements.hpp"
#include "energy_watch.hpp"
#include "memory.hpp"
#include "monitor.hpp"
#include "ports.hpp"
#include "run_report.hpp"
#include "solver.hpp"
#include "spectra.hpp"
#include "step_times.hpp"

namespace hilbrick::fdtd {
namespace {

/// Seconds of a stretch of work, added up.
class Timer {
 public:
  template <class F>
  void time(F&& f) {
    const double begin = MPI_Wtime();
    f();
    seconds_ += MPI_Wtime() - begin;
  }
  double seconds() const { return seconds_; }

 private:
  double seconds_ = 0;
};

void make_folder(const Comm& comm, const std::filesystem::path& folder, bool goes_on) {
  agree_on(comm, [&] {
    if (comm.rank() != 0) return;
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed || access(folder.c_str(), W_OK | X_OK) != 0)
      throw Error(fmt::format("--out {}: expected a folder that this user may write to ({}); name another", folder.string(),
                              failed ? failed.message() : std::strerror(errno)));
    if (!goes_on && std::filesystem::exists(folder / "report.json", failed))
      std::fprintf(stderr, "note: %s holds what an earlier run wrote: files of the same names are replaced, others stay\n", folder.c_str());
  });
}

/// Spectra want fields that have died away.
void warn_of_early_end(double level_db) {
  if (level_db > -30)
    std::fputs(
        fmt::format("warning: at the end the fields' energy is only {:.0f} dB below its highest, so spectra are cut short; run longer, "
                    "best with stop_below_db\n",
                    0 - level_db)  // no sign before 0
            .c_str(),
        stderr);
}

/// How far a scene has come: of a sweep, the run that it is at, and what those before it gave.
struct Position {
  Index run = 0, steps_before = 0;
  std::vector<RcsRow> rows;
  double level_db = -std::numeric_limits<double>::infinity();  // at the end of the run that fell least

  /// Collective, as everything that a checkpoint is told.
  void state(Checkpoint& c) {
    c.value("run", run);
    c.value("steps_before", steps_before);
    c.value("level_db", level_db);
    std::vector<double> numbers;  // six for each row
    for (const RcsRow& r : rows)
      numbers.insert(numbers.end(), {r.frequency_hz, r.theta_deg, r.phi_deg, double(r.pol[0]), double(r.pol[1]), r.rcs_m2});
    c.list("rcs", numbers);
    rows.clear();
    for (std::size_t i = 0; i < numbers.size(); i += 6) {
      const double* n = numbers.data() + i;
      rows.push_back({n[0], n[1], n[2], {static_cast<char>(n[3]), static_cast<char>(n[4])}, n[5]});
    }
  }
};

/// A scene on its way through the time loop, once or, in a sweep, several times.
template <class T>
class Job {
 public:
  /// Everything up to the first step, which may be one of an earlier job. Throws SharedError. Collective over comm.
  Job(const Comm& comm, const Scene& scene, const RunOptions& options, const StopSignals& signals);

  /// All steps, or those until it must stop. Throws SharedError. Collective over comm.
  void run();
  /// What became of it, into report.json and on rank 0's screen. Collective over comm.
  void report();
  /// Throws SharedError, with exit code 3, where it had to stop early.
  void say_farewell() const;

 private:
  Domain prepared_domain();
  void verify();
  void state(Checkpoint& c);
  bool by_port() const { return scene_.sweep && !scene_.sweep->ports.empty(); }
  Index runs() const;
  void set_up_run();
  bool died_away(Index step);
  void march();
  void end_run();
  void write_results();

  /// Output whose failure says how to go on.
  template <class F>
  void saved(F&& f) {
    try {
      f();
    } catch (const SharedError& failure) {
      throw checkpointing_.with_advice(failure);
    }
  }
  double exchange_seconds() const { return fdtd::exchange_seconds(solver_.exchange().counters()); }

  const Comm& comm_;
  const Scene& scene_;
  const RunOptions& options_;
  Index memory_before_ = resident_bytes(), planned_memory_ = 0;
  Numerics numerics_;
  Domain domain_;
  Solver<T> solver_;
  ProbeRecorder<T> probes_;
  PortRecorder<T> ports_;
  SnapshotWriter<T> snapshots_;
  Spectra<T> spectra_;
  EnergyWatch watch_;
  std::vector<Incidence> incidences_;  // of a sweep by directions
  Position at_;
  Checkpointing checkpointing_;
  bool goes_on_;  // from a checkpoint, until its run ends
  bool stopped_ = false;
  std::optional<Progress> progress_;  // rank 0
  double setup_seconds_ = 0;
  Timer loop_, steps_;
  StepTimes step_times_;
};

template <class T>
Job<T>::Job(const Comm& comm, const Scene& scene, const RunOptions& options, const StopSignals& signals)
    : comm_(comm),
      scene_(scene),
      options_(options),
      domain_(prepared_domain()),
      solver_(comm, scene, numerics_, domain_, {options.transport}),
      probes_(comm, scene, solver_, options.out, scene.check_every),
      ports_(comm, scene, solver_, options.out, scene.check_every),
      snapshots_(comm, scene, solver_, options.out),
      spectra_(comm, scene, solver_),
      watch_(scene, numerics_),
      checkpointing_(comm, scene, options, signals, solver_.allocated_bytes(), [this](Checkpoint& c) { state(c); }),
      step_times_(scene.deadline_s) {
  if (!solver_.exchange().fallback().empty()) std::fprintf(stderr, "note: %s\n", solver_.exchange().fallback().c_str());
  if (options.verify) verify();
  if (scene.sweep && !by_port()) incidences_ = incidences_of(comm, *scene.sweep);
  goes_on_ = checkpointing_.restart();
  if (solver_.steps_done() > numerics_.steps)
    throw SharedError(
        fmt::format("--restart: expected a checkpoint of step {} or earlier, where the run ends, found one of step {}; let the run "
                    "go further, by --steps or [run]",
                    numerics_.steps, solver_.steps_done()));
  if (goes_on_) snapshots_.find_earlier();
  if (comm.rank() == 0) progress_.emplace(options.progress, product(scene.cells), numerics_.steps);
  setup_seconds_ = max(comm, std::chrono::duration<double>(std::chrono::steady_clock::now() - options.begin).count());
}

/// With the numbers that everything after it is made from, and after all warnings and refusals that need no field.
template <class T>
Domain Job<T>::prepared_domain() {
  agree_on(comm_, [&] { numerics_ = numerics_of(scene_); });
  agree_on(comm_, [&] { check_elements(scene_, numerics_); });
  Domain domain =
      domain_of(comm_, scene_, numerics_, options_.transport == Transport::message ? by_messages(options_.machine) : options_.machine);
  warn_of_idle_ranks(comm_, domain);
  agree_on(comm_, [&] { planned_memory_ = memory_plan(scene_, numerics_, domain, options_.transport).total(); });
  require_memory(comm_, planned_memory_, "a coarser grid, single precision or fewer frequencies and cells in spectra");
  tell_doubts(comm_, scene_, numerics_);
  make_folder(comm_, options_.out, !options_.restart.empty());
  return domain;
}

template <class T>
void Job<T>::verify() {
  solver_.verify_halos();
  if (comm_.rank() == 0 && options_.progress != ProgressStyle::json)
    std::puts("halos verified: every value that the stencil reads came from its owner, and no other was touched");
}

template <class T>
void Job<T>::state(Checkpoint& c) {
  at_.state(c);
  if (c.reads()) set_up_run();
  c.within("solver", [&] { solver_.state(c); });
  c.within("energy", [&] { watch_.state(c); });
  c.within("probes", [&] { probes_.state(c); });
  c.within("ports", [&] { ports_.state(c); });
  c.within("spectra", [&] { spectra_.state(c); });
}

template <class T>
Index Job<T>::runs() const {
  return static_cast<Index>(!scene_.sweep ? 1 : by_port() ? scene_.sweep->ports.size() : incidences_.size());
}

/// Of a sweep: what the run that it is at begins with.
template <class T>
void Job<T>::set_up_run() {
  if (!scene_.sweep) return;
  const auto i = static_cast<std::size_t>(at_.run);
  const std::vector<Port> playing = by_port() ? with_one_driven(scene_.ports, scene_.sweep->ports[i]) : scene_.ports;
  solver_.restart(by_port() ? std::vector<PlaneWave>() : std::vector{arriving(scene_.plane_waves.front(), incidences_[i])}, playing);
  ports_.restart(playing);
  spectra_.clear();
  watch_.begin();
}

/// Looks at the energy if that is due after a step; whether the fields have died away.
template <class T>
bool Job<T>::died_away(Index step) {
  const bool check = step % scene_.check_every == 0, last = step == numerics_.steps;
  if (check || last || watch_.must_see(step))
    loop_.time([&] { watch_.see(solver_.energy(), step, last && !check && !watch_.must_see(step)); });
  return check && scene_.stop_below_db && watch_.below(*scene_.stop_below_db);
}

/// The run that it is at, to its end or until the job must stop.
template <class T>
void Job<T>::march() {
  const Index later_runs = runs() - at_.run - 1;
  bool done = goes_on_ && died_away(solver_.steps_done());
  done = done || solver_.steps_done() == numerics_.steps;
  step_times_.start(exchange_seconds());
  while (!done && !stopped_) {
    loop_.time([&] {
      steps_.time([&] { solver_.step(); });
      probes_.record();
      ports_.record();
      spectra_.record();
    });
    const Index step = solver_.steps_done();
    if (step % scene_.check_every == 0 || step == numerics_.steps || probes_.full() || ports_.full()) {
      saved([&] {
        probes_.flush();  // first: what led to a failure is worth most
        ports_.flush();
      });
    }
    done = died_away(step) || step == numerics_.steps;
    if (snapshots_.due()) saved([&] { snapshots_.write(); });
    if (progress_ && later_runs > 0 && done) progress_->expect(at_.steps_before + (later_runs + 1) * step);
    if (progress_) progress_->tell(at_.steps_before + step, watch_.level_db());
    stopped_ = checkpointing_.stop_after(at_.steps_before + step, done && later_runs == 0);
    step_times_.note(exchange_seconds());
  }
}

template <class T>
void Job<T>::end_run() {
  at_.steps_before += solver_.steps_done();
  at_.level_db = std::max(at_.level_db, watch_.level_db().value_or(at_.level_db));
  ports_.end_run();
  if (incidences_.empty()) return;
  const std::vector<RcsRow> found = spectra_.backscatter(incidences_[static_cast<std::size_t>(at_.run)]);
  at_.rows.insert(at_.rows.end(), found.begin(), found.end());
  write_rcs_csv(comm_, at_.rows, options_.out);
}

template <class T>
void Job<T>::write_results() {
  if (!scene_.sweep)
    spectra_.write(options_.out, ports_);
  else if (!by_port())
    write_rcs_h5(comm_, at_.rows, options_.out);
  probes_.close();
  ports_.close();
  if (comm_.rank() == 0 && (spectra_.any() || !scene_.ports.empty())) warn_of_early_end(at_.level_db);
}

template <class T>
void Job<T>::run() {
  if (progress_) progress_->expect(runs() * numerics_.steps);
  for (; at_.run < runs(); ++at_.run) {
    if (!goes_on_) set_up_run();
    march();
    if (stopped_) break;
    goes_on_ = false;
    saved([&] { end_run(); });
  }
  if (progress_) progress_->finish();
  if (!stopped_) saved([&] { write_results(); });
}

template <class T>
void Job<T>::report() {
  const Partition& partition = domain_.partition;
  RunReport report;
  report.method = options_.method;
  report.chosen_method = name_of(partition.method());
  report.precision = scene_.precision == Precision::single_ ? "single" : "double";
  report.version = HILBRICK_VERSION;
  report.host = host_name();
  report.partition = partition.description();
  report.tried = domain_.tried;
  if (!domain_.tried.empty())
    report.choice =
        plan::explanation({.method = Method::automatic, .ranks = comm_.size(), .chosen = partition.method(), .tried = domain_.tried});
  report.cells = scene_.cells;
  report.steps = at_.steps_before + (stopped_ ? solver_.steps_done() : 0);
  report.checkpoint = checkpointing_.report();
  report.dt_s = numerics_.dt_s;
  report.loop_seconds = max(comm_, loop_.seconds());
  report.setup_seconds = setup_seconds_;
  report.fields_digest = solver_.digest();
  RankReport mine = rank_report(comm_, solver_, report.own_steps());
  mine.step_seconds = steps_.seconds();
  mine.planned_memory_bytes = planned_memory_;
  mine.taken_memory_bytes = mine.memory_bytes - memory_before_;
  report.step_times = step_times_.report(comm_);
  report.per_rank = gather_reports(comm_, mine);
  report.forecast = forecast_of(comm_, solver_, options_.machine, options_.machine_name);
  const Offer slab = offer(partition.tiling(), {}, numerics_.stencils.front(), {}, comm_.size(), Method::slab);
  if (slab.partition) report.slab = gather_metrics(comm_, *slab.partition, numerics_.stencils.front(), {}, sizeof(T));
  agree_on(comm_, [&] {
    if (comm_.rank() != 0) return;
    write_file(options_.out / "report.json", to_json(report));
    if (options_.progress != ProgressStyle::json) std::fputs(to_table(report).c_str(), stdout);
    std::fflush(stdout);
  });
}

template <class T>
void Job<T>::say_farewell() const {
  if (stopped_) throw SharedError(checkpointing_.farewell(at_.steps_before + solver_.steps_done(), runs() * numerics_.steps), 3);
}

template <class T>
void run_as(const Comm& comm, const Scene& scene, const RunOptions& options, const StopSignals& signals) {
  Job<T> job(comm, scene, options, signals);
  job.run();
  job.report();
  job.say_farewell();
}

}  // namespace

void warn_of_idle_ranks(const Comm& comm, const Domain& domain) {
  const Index idle = sum(comm, Index{domain.boxes.empty() ? 1 : 0});
  if (idle == 0 || comm.rank() != 0) return;
  std::fputs(
      fmt::format(
          "warning: {} of {} ranks own no cell; at most {} ranks are useful with bricks of this size: use fewer ranks or a smaller brick\n",
          idle, comm.size(), largest_useful_ranks(domain.partition.tiling(), domain.partition.weights()))
          .c_str(),
      stderr);
}

void tell_doubts(const Comm& comm, const Scene& scene, const Numerics& numerics) {
  if (comm.rank() != 0) return;
  for (const std::string& doubt : doubts(scene, numerics)) std::fprintf(stderr, "warning: %s\n", doubt.c_str());
}

void run(const Comm& comm, const Scene& scene, const RunOptions& options, const StopSignals& signals) {
  if (scene.precision == Precision::single_)
    run_as<float>(comm, scene, options, signals);
  else
    run_as<double>(comm, scene, options, signals);
}

}  // namespace hilbrick::fdtd

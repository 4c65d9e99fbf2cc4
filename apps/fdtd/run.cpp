// SPDX-License-Identifier: BSD-3-Clause
#include "run.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <hilbrick/memory.hpp>
#include <limits>
#include <numeric>

#include "advice.hpp"
#include "checkpointing.hpp"
#include "doubts.hpp"
#include "elements.hpp"
#include "memory.hpp"
#include "monitor.hpp"
#include "ports.hpp"
#include "solver.hpp"
#include "spectra.hpp"
#include "step_times.hpp"

namespace hilbrick::fdtd {
namespace {

/// Watches the field's energy: its level against the highest so far, and whether it runs away.
class EnergyWatch {
 public:
  EnergyWatch(const Scene& scene, const Numerics& numerics) : scene_(scene), numerics_(numerics) {
    for (const Waveform* w : waveforms_of(scene)) sources_end_s_ = std::max(sources_end_s_, hilbrick::fdtd::silent_after_s(*w));
    silent_after_s_ = sources_end_s_;
    const double highest_hz = scene.stop_below_db ? highest_source_frequency_hz(scene) : 0;
    if (highest_hz > 0) see_every_ = std::max<Index>(1, static_cast<Index>(1 / (2 * highest_hz * numerics.dt_s)));
    // A plane wave still has to leave the grid's line after its last sample; one crossing of the grid is enough.
    double crossing_s = 0;
    for (int a = 0; a < 3; ++a) crossing_s += static_cast<double>(scene.cells[a]) * scene.spacing_m[a] / light_speed_m_s;
    for (const PlaneWave& w : scene.plane_waves)
      silent_after_s_ = std::max(silent_after_s_, hilbrick::fdtd::silent_after_s(w.waveform) + crossing_s);
  }

  /// Whether the energy must be seen after this step for its highest to be known well enough to stop by: often while sources are active,
  /// since a short pulse may come and go between two checks. Local.
  bool must_see(Index step) const {
    return see_every_ > 0 && static_cast<double>(step) * numerics_.dt_s <= sources_end_s_ && step % see_every_ == 0;
  }

  /// Throws SharedError when the field is not finite or has grown without a source: every rank sees the same energy. `extra`: a look that a
  /// longer run would not take here, so nothing is kept of it but the level.
  void see(const Energy& energy, Index step, bool extra) {
    if (energy.not_finite) throw SharedError(not_finite(*energy.not_finite, step), 4);
    const bool driven = static_cast<double>(step) * numerics_.dt_s <= silent_after_s_;
    if (!driven && seen_driven_ && energy.joule > 10 * highest_)
      throw SharedError(fmt::format("step {}: the field's energy is {:.3g} J, more than ten times its highest while sources were active "
                                    "({:.3g} J), and they have fallen silent: the scheme is unstable. {}",
                                    step, energy.joule, highest_, advice()),
                        4);
    const double highest = std::max(highest_, energy.joule);
    if (highest > 0 && energy.joule > 0) level_db_ = 10 * std::log10(energy.joule / highest);
    if (extra) return;
    seen_driven_ = seen_driven_ || driven;
    highest_ = highest;
    may_stop_ = static_cast<double>(step) * numerics_.dt_s > sources_end_s_;
  }

  /// As before the first step.
  void begin() {
    highest_ = 0;
    seen_driven_ = may_stop_ = false;
    level_db_.reset();
  }
  /// Collective, as everything that a checkpoint is told.
  void state(Checkpoint& c) {
    c.value("highest_j", highest_);
    c.value("seen_driven", seen_driven_);
  }

  std::optional<double> level_db() const { return level_db_; }
  /// Whether the energy has fallen for good: between the swings of a source it may fall, too.
  bool below(double db) const { return may_stop_ && level_db_ && *level_db_ <= db; }

 private:
  std::string advice() const {
    return fmt::format("Try a smaller courant (now {}), and look at materials that run into a PML", scene_.courant);
  }

  std::string not_finite(const Energy::Bad& bad, Index step) const {
    const Material& m = scene_.materials[material_at(scene_, numerics_, bad.component, bad.cell)];
    const auto layer = pml_at(scene_, bad.cell);
    return fmt::format(
        "step {}: {} of cell ({}, {}, {}) is not finite. It lies in {} (eps_r {}, mu_r {}, sigma {} S/m, sigma_m {} ohm/m){}; the "
        "sources' amplitudes or the scheme overflowed there. {}",
        step, component_names[bad.component], bad.cell.x, bad.cell.y, bad.cell.z, m.name, m.eps_r, m.mu_r, m.sigma, m.sigma_m,
        layer ? ", inside " + *layer : std::string(), advice());
  }

  const Scene& scene_;
  const Numerics& numerics_;
  double sources_end_s_ = 0, silent_after_s_ = 0, highest_ = 0;
  Index see_every_ = 0;
  bool seen_driven_ = false, may_stop_ = false;
  std::optional<double> level_db_;
};

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

std::string host_name() {
  char name[256] = {};
  gethostname(name, sizeof name - 1);
  return name;
}

Index predicted_bytes(const Plan& plan, Index value_bytes) {
  Index values = 0;
  for (const PhasePlan& phase : plan.phases)
    for (const Message& m : phase.sends) values += m.values;
  return values * value_bytes;
}

Index peers(const Plan& plan) {
  std::vector<Rank> all;
  for (const PhasePlan& phase : plan.phases)
    for (const auto* messages : {&phase.sends, &phase.receives})
      for (const Message& m : *messages) all.push_back(m.peer);
  std::sort(all.begin(), all.end());
  return std::unique(all.begin(), all.end()) - all.begin();
}

double exchange_seconds(const Counters& counters) { return counters.pack_seconds + counters.wait_seconds + counters.unpack_seconds; }

template <class T>
RankReport rank_report(const Comm& comm, const Solver<T>& solver, Index steps) {
  RankReport mine;
  const Exchange& exchange = solver.exchange();
  mine.node = comm.node();
  for (const Box& b : solver.domain().boxes) mine.cells += b.volume();
  mine.boxes = static_cast<Index>(solver.domain().boxes.size());
  mine.peers = peers(exchange.plan());
  mine.predicted_bytes_per_step = predicted_bytes(exchange.plan(), sizeof(T));
  const Counters& counters = exchange.counters();
  mine.counted_bytes_per_step = steps > 0 ? counters.bytes_sent() / steps : 0;
  const Nodes& nodes = solver.domain().partition.nodes();
  Index abroad = 0;
  for (const PhaseCounters& phase : counters.phases)
    for (const MessageCounters& m : phase.sends)
      if (nodes.node_of(m.peer) != nodes.node_of(comm.rank())) abroad += m.bytes;
  mine.internode_bytes_per_step = steps > 0 ? abroad / steps : 0;
  for (const PhaseCounters& phase : counters.phases) mine.messages_per_step += phase.messages_sent;
  if (steps > 0) mine.messages_per_step /= steps;
  mine.wait_seconds = counters.wait_seconds;
  mine.exchange_seconds = exchange_seconds(counters);
  mine.compute_seconds = solver.compute_seconds();
  mine.pairs = exchange.transports();
  mine.shared_setup_seconds = counters.shared_setup_seconds;
  mine.memory_bytes = peak_memory_bytes();
  return mine;
}

/// What the time model says of a step, for the way in which halos travel. Collective over comm; the answer is on rank 0.
template <class T>
Forecast forecast_of(const Comm& comm, const Solver<T>& solver, const RunOptions& options) {
  const Partition& partition = solver.domain().partition;
  std::vector<Rank> ranks(static_cast<std::size_t>(comm.size()));
  std::iota(ranks.begin(), ranks.end(), 0);
  const auto slowest = [&](const Machine& machine) {
    const auto per_rank = gather_metrics(comm, partition, solver.numerics().stencils.front(), machine, sizeof(T));
    return comm.rank() == 0 ? summarise(partition, machine, ranks, per_rank).slowest : StepSeconds{};
  };
  bool messages_on_node = false;
  for (const PhaseCounters& phase : solver.exchange().counters().phases)
    for (const MessageCounters& m : phase.sends) messages_on_node |= m.same_node && m.transport == Transport::message;
  const StepSeconds shared = slowest(options.machine), messages = slowest(by_messages(options.machine));
  if (max(comm, Index{messages_on_node}) > 0) return {options.machine_name, messages, 0};
  return {options.machine_name, shared, messages.total() - shared.total()};
}

void make_folder(const Comm& comm, const std::filesystem::path& folder) {
  agree_on(comm, [&] {
    if (comm.rank() != 0) return;
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed || access(folder.c_str(), W_OK | X_OK) != 0)
      throw Error(fmt::format("--out {}: expected a folder that this user may write to ({}); name another", folder.string(),
                              failed ? failed.message() : std::strerror(errno)));
  });
}

/// Spectra want fields that have died away.
void warn_of_early_end(double level_db) {
  if (level_db > -30)
    std::fputs(
        fmt::format("warning: at the end the fields' energy is only {:.0f} dB below its highest, so spectra are cut short; run longer, "
                    "best with stop_below_db\n",
                    -level_db)
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

template <class T>
void run_as(const Comm& comm, const Scene& scene, const RunOptions& options) {
  const Index memory_before = resident_bytes();
  const StopSignals signals;
  Numerics numerics;
  agree_on(comm, [&] { numerics = numerics_of(scene); });
  agree_on(comm, [&] { check_elements(scene, numerics); });
  const Domain domain =
      domain_of(comm, scene, numerics, options.transport == Transport::message ? by_messages(options.machine) : options.machine);
  warn_of_idle_ranks(comm, domain);
  Index planned_memory = 0;
  agree_on(comm, [&] { planned_memory = memory_plan(scene, numerics, domain, options.transport).total(); });
  require_memory(comm, planned_memory, "a coarser grid, single precision or fewer frequencies and cells in spectra");
  tell_doubts(comm, scene, numerics);
  make_folder(comm, options.out);
  Solver<T> solver(comm, scene, numerics, domain, {options.transport});
  if (!solver.exchange().fallback().empty()) std::fprintf(stderr, "note: %s\n", solver.exchange().fallback().c_str());
  if (options.verify) {
    solver.verify_halos();
    if (comm.rank() == 0 && options.progress != ProgressStyle::json)
      std::puts("halos verified: every value that the stencil reads came from its owner, and no other was touched");
  }
  ProbeRecorder<T> probes(comm, scene, solver, options.out, scene.check_every);
  PortRecorder<T> ports(comm, scene, solver, options.out, scene.check_every);
  SnapshotWriter<T> snapshots(comm, scene, solver, options.out);
  Spectra<T> spectra(comm, scene, solver);
  EnergyWatch watch(scene, numerics);
  Position at;
  const bool by_port = scene.sweep && !scene.sweep->ports.empty();
  std::vector<Incidence> incidences;
  if (scene.sweep && !by_port) incidences = incidences_of(comm, *scene.sweep);
  const auto runs = static_cast<Index>(!scene.sweep ? 1 : by_port ? scene.sweep->ports.size() : incidences.size());
  /// Of a sweep: what the run that it is at begins with.
  const auto set_up_run = [&] {
    if (!scene.sweep) return;
    const auto i = static_cast<std::size_t>(at.run);
    const std::vector<Port> playing = by_port ? with_one_driven(scene.ports, scene.sweep->ports[i]) : scene.ports;
    solver.restart(by_port ? std::vector<PlaneWave>() : std::vector{arriving(scene.plane_waves.front(), incidences[i])}, playing);
    ports.restart(playing);
    spectra.clear();
    watch.begin();
  };
  Checkpointing checkpointing(comm, scene, options, signals, solver.allocated_bytes(), [&](Checkpoint& c) {
    at.state(c);
    if (c.reads()) set_up_run();
    c.within("solver", [&] { solver.state(c); });
    c.within("energy", [&] { watch.state(c); });
    c.within("probes", [&] { probes.state(c); });
    c.within("ports", [&] { ports.state(c); });
    c.within("spectra", [&] { spectra.state(c); });
  });
  bool goes_on = checkpointing.restart();
  if (solver.steps_done() > numerics.steps)
    throw SharedError(
        fmt::format("--restart: expected a checkpoint of step {} or earlier, where the run ends, found one of step {}; let the run "
                    "go further, by --steps or [run]",
                    numerics.steps, solver.steps_done()));
  if (goes_on) snapshots.find_earlier();
  std::optional<Progress> progress;
  if (comm.rank() == 0) progress.emplace(options.progress, product(scene.cells), numerics.steps);
  const double setup_seconds = max(comm, std::chrono::duration<double>(std::chrono::steady_clock::now() - options.begin).count());

  /// Output whose failure says how to go on.
  const auto saved = [&](auto&& f) {
    try {
      f();
    } catch (const SharedError& failure) {
      throw checkpointing.with_advice(failure);
    }
  };
  Timer loop, steps;
  StepTimes step_times(scene.deadline_s);
  bool stopped = false;
  /// Looks at the energy if that is due after a step; whether the fields have died away.
  const auto died_away = [&](Index step) {
    const bool check = step % scene.check_every == 0, last = step == numerics.steps;
    if (check || last || watch.must_see(step))
      loop.time([&] { watch.see(solver.energy(), step, last && !check && !watch.must_see(step)); });
    return check && scene.stop_below_db && watch.below(*scene.stop_below_db);
  };
  /// To the end, or until the run must stop; `later_runs` will follow.
  const auto march = [&](Index later_runs) {
    bool done = goes_on && died_away(solver.steps_done());
    done = done || solver.steps_done() == numerics.steps;
    step_times.start(exchange_seconds(solver.exchange().counters()));
    while (!done && !stopped) {
      loop.time([&] {
        steps.time([&] { solver.step(); });
        probes.record();
        ports.record();
        spectra.record();
      });
      const Index step = solver.steps_done();
      if (step % scene.check_every == 0 || step == numerics.steps || probes.full() || ports.full()) {
        saved([&] {
          probes.flush();  // first: what led to a failure is worth most
          ports.flush();
        });
      }
      done = died_away(step) || step == numerics.steps;
      if (snapshots.due()) saved([&] { snapshots.write(); });
      if (progress && later_runs > 0 && done) progress->expect(at.steps_before + (later_runs + 1) * step);
      if (progress) progress->tell(at.steps_before + step, watch.level_db());
      stopped = checkpointing.stop_after(at.steps_before + step, done && later_runs == 0);
      step_times.note(exchange_seconds(solver.exchange().counters()));
    }
  };
  if (progress) progress->expect(runs * numerics.steps);
  for (; at.run < runs && !stopped; ++at.run) {
    if (!goes_on) set_up_run();
    march(runs - at.run - 1);
    goes_on = false;
    if (stopped) break;
    at.steps_before += solver.steps_done();
    at.level_db = std::max(at.level_db, watch.level_db().value_or(at.level_db));
    saved([&] {
      ports.end_run();
      if (incidences.empty()) return;
      const std::vector<RcsRow> found = spectra.backscatter(incidences[static_cast<std::size_t>(at.run)]);
      at.rows.insert(at.rows.end(), found.begin(), found.end());
      write_rcs_csv(comm, at.rows, options.out);
    });
  }
  if (progress) progress->finish();
  const Index last_step = at.steps_before + (stopped ? solver.steps_done() : 0);
  if (!stopped) {
    saved([&] {
      if (!scene.sweep)
        spectra.write(options.out, ports);
      else if (!by_port)
        write_rcs_h5(comm, at.rows, options.out);
      probes.close();
      ports.close();
    });
    if (comm.rank() == 0 && (spectra.any() || !scene.ports.empty())) warn_of_early_end(at.level_db);
  }

  RunReport report;
  report.method = options.method;
  report.chosen_method = name_of(domain.partition.method());
  report.precision = scene.precision == Precision::single_ ? "single" : "double";
  report.version = HILBRICK_VERSION;
  report.host = host_name();
  report.partition = domain.partition.description();
  report.tried = domain.tried;
  if (!domain.tried.empty())
    report.choice =
        plan::explanation({.method = Method::automatic, .ranks = comm.size(), .chosen = domain.partition.method(), .tried = domain.tried});
  report.cells = scene.cells;
  report.steps = last_step;
  report.checkpoint = checkpointing.report();
  report.dt_s = numerics.dt_s;
  report.loop_seconds = max(comm, loop.seconds());
  report.setup_seconds = setup_seconds;
  report.fields_digest = solver.digest();
  RankReport mine = rank_report(comm, solver, report.own_steps());
  mine.step_seconds = steps.seconds();
  mine.planned_memory_bytes = planned_memory;
  mine.taken_memory_bytes = mine.memory_bytes - memory_before;
  report.step_times = step_times.report(comm);
  report.per_rank = gather_reports(comm, mine);
  report.forecast = forecast_of(comm, solver, options);
  const Offer slab = offer(domain.partition.tiling(), {}, numerics.stencils.front(), {}, comm.size(), Method::slab);
  if (slab.partition) report.slab = gather_metrics(comm, *slab.partition, numerics.stencils.front(), {}, sizeof(T));
  agree_on(comm, [&] {
    if (comm.rank() != 0) return;
    write_file(options.out / "report.json", to_json(report));
    if (options.progress != ProgressStyle::json) std::fputs(to_table(report).c_str(), stdout);
    std::fflush(stdout);
  });
  if (stopped) throw SharedError(checkpointing.farewell(last_step, runs * numerics.steps), 3);
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

void run(const Comm& comm, const Scene& scene, const RunOptions& options) {
  if (scene.precision == Precision::single_)
    run_as<float>(comm, scene, options);
  else
    run_as<double>(comm, scene, options);
}

}  // namespace hilbrick::fdtd

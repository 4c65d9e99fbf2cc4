# SPDX-License-Identifier: BSD-3-Clause
"""Programs on four nodes of a Slurm cluster, by srun and by mpirun, and with links that break.
test_cluster.py BIN_DIR WORK_DIR MPIEXEC [unittest's arguments]. Exit 77 where no cluster can be made here."""

import csv
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import time
import unittest

BIN, WORK = (pathlib.Path(argument).resolve() for argument in sys.argv[1:3])
MPIEXEC = sys.argv[3]
PROJECT = pathlib.Path(__file__).resolve().parents[2]
CLUSTER = PROJECT / "tests/cluster/cluster.sh"
SLURM = PROJECT / "slurm"
LIMIT_S = 600  # for what hangs: ranks share few cores, and start slowly
NODES, PER_NODE = 4, 2
SIZE = [f"--nodes={NODES}", f"--ntasks-per-node={PER_NODE}"]
SRUN = ["srun", "--mpi=pmix", "--kill-on-bad-exit=1", *SIZE]
SALLOC = ["salloc", "--quiet", *SIZE]

# Small, and as awkward as it is quick: unequal pieces, an absorbing layer, a periodic axis.
SCENE = """
[grid]
cells = [40, 36, 28]
spacing_m = 0.01
boundary = { x = "pec", y = "periodic", z = "pml" }
pml_cells = 4
[run]
steps = 60
check_every = 20
[partition]
brick = 4
[[source]]
kind = "dipole"
position_m = [0.2, 0.16, 0.15]
component = "Ez"
waveform = { kind = "gaussian", frequency_hz = 2e9 }
[[probe]]
name = "p"
position_m = [0.123, 0.107, 0.152]
[[snapshot]]
name = "all"
fields = ["Ez"]
every = 30
"""


FEW_FILES = "--set snapshot.0.every=1000000 --set run.check_every=100"


def last_step(notes):
    lines = notes.read_text().splitlines() if notes.exists() else []
    steps = [json.loads(line)["step"] for line in lines if line.endswith("}")]
    return steps[-1] if steps else 0


def cluster(*arguments, **options):
    return subprocess.run([CLUSTER, *map(str, arguments)], text=True, timeout=LIMIT_S, **options)


def setUpModule():
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    (WORK / "scene.toml").write_text(SCENE)
    os.environ["HILBRICK_CLUSTER"] = str(WORK / "cluster")
    shown = [part for folder in (PROJECT, BIN, WORK) for part in ("--show", folder)]
    cluster("up", "--while", os.getpid(), *shown, NODES, 16, check=True)


def tearDownModule():
    cluster("down", check=True)


class Cluster(unittest.TestCase):
    def setUp(self):
        self.folder = WORK / self.id().rsplit(".", 1)[1]
        self.folder.mkdir()

    def start(self, command, **environment):
        """A command on the head node, in the background."""
        env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "HILBRICK_BIN": str(BIN), "HILBRICK_PYTHON": sys.executable, **environment}
        return subprocess.Popen([CLUSTER, "run", *map(str, command)], env=env, cwd=WORK, text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end(self, process, limit_s=LIMIT_S):
        try:
            out, err = process.communicate(timeout=limit_s)
        except subprocess.TimeoutExpired:
            cluster("run", "scancel", "--user=root", "--signal=KILL")
            out, err = process.communicate(timeout=LIMIT_S)
            self.fail(f"hangs: {process.args}\n{out}\n{err}")
        return process.returncode, out, err

    def succeed(self, command, **environment):
        code, out, err = self.end(self.start(command, **environment))
        self.assertEqual(code, 0, f"{out}\n{err}")
        return out, err

    def solve(self, launcher, *options, out="."):
        """The report of a run of the scene."""
        self.succeed([*launcher, "hilbrick-fdtd", "scene.toml", "--progress", "none", "--out", self.folder / out, *options])
        return json.loads((self.folder / out / "report.json").read_text())

    def alone(self, *options):
        return self.solve(["srun", "--mpi=pmix", "--ntasks=1"], *options, out="alone")["fields_digest"]

    def check(self, report, transports=("shared", "message")):
        """What holds for a run on all ranks: who is where, what went which way, and that it was as planned."""
        ranks = report["per_rank"]
        self.assertEqual([r["node"] for r in ranks], [n for n in range(NODES) for _ in range(PER_NODE)])
        pairs = report["transport"]
        self.assertEqual(pairs["shared"], NODES * PER_NODE * (PER_NODE - 1) if "shared" in transports else 0)
        self.assertEqual(pairs["shared"] + pairs["message"], sum(r["peers"] for r in ranks))
        self.assertGreater(pairs["message"], 0)
        halo = report["halo"]
        for of in ("max", "total"):
            self.assertEqual(halo[f"counted_bytes_per_step_{of}"], halo[f"predicted_bytes_per_step_{of}"])
        self.assertGreater(halo["internode_bytes_per_step_total"], 0)
        self.assertLess(halo["internode_bytes_per_step_total"], halo["counted_bytes_per_step_total"])

    def between_nodes(self, method):
        """What the planner says that all nodes send each other in a step."""
        out, _ = self.succeed(["hilbrick-plan", "--cells", "40x36x28", "--periodic", "y", "--brick", 4, "--boundary-cost", "0:1", "--ranks",
                               NODES * PER_NODE, "--ranks-per-node", PER_NODE, "--method", method, "--format", "json"])
        return json.loads(out)["results"][0]

    def test_exchange(self):
        cases = "By/Exchanges.FillExactlyWhatIsReadDouble/*:By/Exchanges.AddHalosToOwners/*:Exchange.SplitsLargeMessages"
        for launcher in (SRUN, [*SALLOC, MPIEXEC]):
            self.succeed([*launcher, "test_exchange", f"--ranks={NODES * PER_NODE}", f"--gtest_filter={cases}"])

    def test_srun(self):
        digest = self.alone()
        for method in ("slab", "box", "rcb", "hilbert"):
            report = self.solve(SRUN, "--verify", "--method", method)
            self.assertEqual(report["fields_digest"], digest)
            self.check(report)

    def test_bytes_between_nodes_are_those_of_the_plan(self):
        for method in ("slab", "box"):  # which look at no cell's cost
            report = self.solve(SRUN, "--method", method, "--steps", "5")
            plan = self.between_nodes(method)
            self.assertEqual(report["halo"]["internode_bytes_per_step_total"], plan["internode_bytes_per_step_total"])
            self.assertEqual(report["halo"]["counted_bytes_per_step_total"], plan["bytes_per_step_total"])

    def test_messages_alone(self):
        report = self.solve(SRUN, "--verify", "--transport", "message")
        self.assertEqual(report["fields_digest"], self.alone())
        self.check(report, ("message",))

    def test_mpirun_in_salloc(self):
        report = self.solve([*SALLOC, MPIEXEC], "--verify")
        self.check(report)
        self.assertEqual(report["fields_digest"], self.alone())

    def test_mpirun_in_sbatch(self):
        job = f"exec {MPIEXEC} hilbrick-fdtd scene.toml --verify --progress none --out {self.folder}"
        code, _, _ = self.end(self.start(["sbatch", "--wait", *SIZE, "--output", self.folder / "log", "--wrap", job]))
        self.assertEqual(code, 0, (self.folder / "log").read_text())
        report = json.loads((self.folder / "report.json").read_text())
        self.check(report)
        self.assertEqual(report["fields_digest"], self.alone())

    def test_the_readmes_srun_line(self):
        lines = [line for line in (PROJECT / "README.md").read_text().splitlines() if line.startswith("srun ")]
        self.assertEqual(len(lines), 1)
        self.succeed(lines[0].split() + ["--steps", "5"])
        folder = re.search(r"--out (\S+)", lines[0])[1]
        report = json.loads((WORK / folder / "report.json").read_text())
        self.assertEqual(report["ranks"], 64)
        self.assertEqual(max(r["node"] for r in report["per_rank"]), NODES - 1)

    # slurm/

    def submit(self, *command, code=0, **environment):
        """A job's log, when it has ended."""
        log = self.folder / "log"
        found, _, err = self.end(self.start(["sbatch", "--wait", *SIZE, "--output", log, *command], **environment))
        text = log.read_text() if log.exists() else err
        self.assertEqual(found, code, text)
        return text

    def test_a_run_by_each_launcher(self):
        digest = self.alone()
        for launcher in ("pmix", "mpirun"):
            self.submit(SLURM / "run.sbatch", "scene.toml", "--progress", "none", "--out", self.folder, HILBRICK_LAUNCHER=launcher)
            report = json.loads((self.folder / "report.json").read_text())
            self.check(report)
            self.assertEqual(report["fields_digest"], digest)
        # Debian's Open MPI knows no PMI2.
        self.assertIn("hilbrick-fdtd does not start by PMI2", self.submit(SLURM / "run.sbatch", "scene.toml", code=2, HILBRICK_LAUNCHER="pmi2"))

    def test_a_run_in_containers(self):
        tool = self.folder / "apptainer"  # what matters of it here: every rank has a /dev/shm and System V IPC of its own
        tool.write_text('#!/bin/sh\nshift 2\nexec unshare --ipc --mount sh -c \'mount -t tmpfs tmpfs /dev/shm && exec "$@"\' sh "$@"\n')
        tool.chmod(0o755)
        text = self.submit(SLURM / "run.sbatch", "scene.toml", "--progress", "none", "--out", self.folder,
                           PATH=f"{self.folder}:{BIN}:{os.environ['PATH']}", HILBRICK_CONTAINER="image.sif")
        self.assertIn("share a node but not its memory", text)
        report = json.loads((self.folder / "report.json").read_text())
        self.assertEqual(report["transport"]["shared"], 0)
        self.assertEqual(report["fields_digest"], self.alone())

    def test_a_sweep(self):
        members = self.folder / "members.csv"
        members.write_text('source.0.waveform.frequency_hz,grid.pml_cells\n1e9,4\n2e9,-1\n2e9,4\n')
        out, _ = self.succeed([SLURM / "sweep.sh", "scene.toml", members, self.folder, "--nodes=1", "--ntasks-per-node=2", "--array-limit=2"])
        self.assertIn("3 members", out)
        self.wait_for(lambda: "of 3 members" in (self.folder / "summary.log").read_text() if (self.folder / "summary.log").exists() else False,
                      "summary")
        self.assertIn("2 of 3 members done, 1 failed", (self.folder / "summary.log").read_text())
        with open(self.folder / "summary.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["outcome"] == "done" for row in rows], [True, False, True])
        self.assertIn("grid.pml_cells: expected", rows[1]["outcome"])
        self.assertEqual(rows[2]["fields_digest"], self.alone())
        self.assertNotEqual(rows[0]["fields_digest"], rows[2]["fields_digest"])

    def test_a_study(self):
        study = [SLURM / "scaling.sh", "--out", self.folder / "study", "--series", "strong", "--nodes", "2,4", "--ranks-per-node", "2", "--cells",
                 "40x36x28", "--methods", "slab,hilbert", "--steps", "30", "--repeats", "1", "--set", "partition.brick=4"]
        out, _ = self.succeed(study)
        self.assertEqual(len(re.findall(r"^strong_\dx2: job \d+$", out, re.MULTILINE)), 2)
        with open(self.folder / "study/results.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["nodes"], row["ranks"], row["method"], row["outcome"]) for row in rows],
                         [(n, r, m, "done") for n, r in (("2", "4"), ("4", "8")) for m in ("slab", "hilbert")])
        self.assertEqual(len({row["fields_digest"] for row in rows}), 1)
        self.assertTrue(all(int(row["node_bytes_max"]) > 0 for row in rows))
        self.assertTrue((self.folder / "study/index.html").exists())
        out, _ = self.succeed(study)  # all is there
        self.assertNotIn("job", out)

    # Runs that stop, and go on

    def stopped(self, submit, script, steps, ask=None):
        """A job that began a run which stopped when `ask` was done, or by Slurm's own will, and its log."""
        log = self.folder / "log"
        run = ["scene.toml", self.folder, "--steps", steps, *FEW_FILES.split(), "--progress", "json"]
        out, _ = self.succeed([*submit, *SIZE, "--output", log, "--open-mode=append", *script, *run])
        number = out.split()[0]
        self.wait_for(lambda: last_step(log) > 1, "steps")
        if ask:
            ask(number)
        self.wait_for(lambda: "stopped with a checkpoint" in log.read_text(), "stop")
        self.assertLess(last_step(log), steps)
        return number, log

    def check_that_it_went_on(self, steps):
        self.wait_for((self.folder / "report.json").exists, "report")
        self.wait_for(lambda: json.loads((self.folder / "report.json").read_text())["steps"] == steps, "end of the run")
        report = json.loads((self.folder / "report.json").read_text())
        self.assertGreater(report["checkpoint"]["source_step"], 0)
        self.assertEqual(report["fields_digest"], self.alone("--steps", steps, *FEW_FILES.split()))

    def field_of(self, number, name):
        out, _ = self.succeed(["scontrol", "show", "job", number])
        return re.search(rf"\b{name}=(\S+)", out)[1]

    def stopped_by_its_time(self, why, *limits):
        """A job that is queued again because its time was up."""
        number, log = self.stopped(["sbatch", "--parsable", *limits], [SLURM / "continue.sbatch"], 10**6)
        self.succeed(["scancel", number])
        self.assertIn(f"stopped by {why} after step", log.read_text())
        self.assertIn("queued again (0 times before)", log.read_text())

    def test_a_job_whose_time_is_nearly_up(self):
        # Slurm looks every 30 s, and warns so much earlier than it was asked to.
        self.stopped_by_its_time("SIGUSR1", "--time=2", "--signal=B:USR1@60")
        self.idle()
        self.goes_on_from_its_checkpoint()

    def test_a_job_that_is_warned_too_late(self):
        # The run was told when the job ends, and stops by itself.
        self.stopped_by_its_time("--max-walltime", "--time=1", "--signal=B:CONT@1")

    def ask_to_stop(self, number):
        self.succeed(["scancel", "--batch", "--signal=USR1", number])

    def test_a_job_that_is_queued_again(self):
        steps = 5000
        number, log = self.stopped(["sbatch", "--parsable"], [SLURM / "continue.sbatch"], steps, self.ask_to_stop)
        self.assertIn("queued again (0 times before)", log.read_text())
        self.wait_for(lambda: self.field_of(number, "JobState") == "PENDING", "second turn of the job")
        self.idle()
        self.gone(number)  # Slurm would wait for two minutes, so that nothing of the first turn is left
        self.succeed(["scontrol", "update", f"JobId={number}", "StartTime=now"])
        self.check_that_it_went_on(steps)
        self.wait_for(lambda: self.field_of(number, "JobState") == "COMPLETED", "end of the job")
        self.assertEqual((self.field_of(number, "Restarts"), self.field_of(number, "ExitCode")), ("1", "0:0"))

    def test_a_job_that_is_not_launched(self):
        tool = self.folder / "mpirun"  # as srun may do whose tasks could not be launched
        tool.write_text("#!/bin/sh\nexit 0\n")
        tool.chmod(0o755)
        (self.folder / "report.json").write_text("{}")  # of an earlier turn
        text = self.submit(SLURM / "continue.sbatch", "scene.toml", self.folder, code=1, PATH=f"{self.folder}:{BIN}:{os.environ['PATH']}",
                           HILBRICK_LAUNCHER="mpirun")
        self.assertIn("it was not launched", text)

    def test_a_chain_of_jobs(self):
        steps = 5000
        number, log = self.stopped([SLURM / "chain.sh", "3"], ["--"], steps, self.ask_to_stop)
        self.assertIn("not queued again", log.read_text())
        self.check_that_it_went_on(steps)
        for n, state in ((0, "FAILED"), (1, "COMPLETED"), (2, "CANCELLED")):
            self.wait_for(lambda n=n, state=state: self.field_of(str(int(number) + n), "JobState") == state, f"state {state}")
        self.assertEqual(self.field_of(number, "ExitCode"), "3:0")

    def running(self, steps, *options, **environment):
        """A run of so many steps under way, and the file in which it notes them."""
        notes = self.folder / "notes"
        run = f"exec {shlex.join([*SRUN, 'hilbrick-fdtd', 'scene.toml', '--steps', str(steps), *FEW_FILES.split(), *options])}" \
              f" --progress json --out {self.folder} >{notes}"
        process = self.start(["bash", "-c", run], **environment)
        self.wait_for(lambda: last_step(notes) > 1, "steps")
        return process, notes

    def wait_for(self, condition, what):
        end = time.monotonic() + LIMIT_S
        while not condition():
            if time.monotonic() > end:
                logs = [self.folder / "log", *sorted((WORK / "cluster/log").iterdir())]
                self.fail(f"no {what} in {LIMIT_S} s\n" + "\n".join(f"{log}:\n{log.read_text()[-2000:]}" for log in logs if log.exists()))
            time.sleep(0.1)

    @staticmethod
    def stands_still(notes):
        before = last_step(notes)
        time.sleep(4)
        return last_step(notes) == before

    def test_a_link_cut_for_seconds(self):
        steps = 5000
        process, notes = self.running(steps)
        cluster("cut", 3, check=True)
        self.wait_for(lambda: self.stands_still(notes), "end of the steps")
        self.assertLess(last_step(notes), steps)  # else nothing was cut
        cluster("heal", 3, check=True)
        code, _, err = self.end(process)
        self.assertEqual(code, 0, err)
        healed = json.loads((self.folder / "report.json").read_text())
        self.assertEqual(healed["fields_digest"], self.alone("--steps", steps, *FEW_FILES.split()))

    def test_a_link_cut_for_ever(self):
        timeout_s = 10  # longer than a busy machine keeps ranks waiting
        process, _ = self.running(10**9, "--set", "checkpoint.every=100", HILBRICK_TIMEOUT_S=str(timeout_s))
        self.wait_for(lambda: len(self.checkpoints()) == 2, "checkpoints")
        cluster("cut", 3, check=True)
        self.addCleanup(cluster, "heal", 3)
        code, _, err = self.end(process, limit_s=timeout_s + 60)
        self.assertNotEqual(code, 0)
        self.assertRegex(err, rf"rank \d on n\d has waited for (rank \d|the other ranks) for {timeout_s} s, since .*: .*The job ends here")
        # Nobody hears of the ranks that were cut off, and they end too.
        self.wait_for(lambda: cluster("run", "pgrep", "hilbrick-fdtd", stdout=subprocess.DEVNULL).returncode, "end of the ranks cut off")

        # Nothing is lost but the steps since the last checkpoint.
        cluster("heal", 3, check=True)
        self.idle()
        self.goes_on_from_its_checkpoint()

    def goes_on_from_its_checkpoint(self):
        """The last one, with the right bits."""
        step = int(self.checkpoints()[-1].stem.removeprefix("checkpoint_"))
        options = ["--steps", step + 50, *FEW_FILES.split()]
        report = self.solve(SRUN, *options, "--restart", self.folder)
        self.assertEqual((report["steps"], report["checkpoint"]["source_step"]), (step + 50, step))
        self.assertEqual(report["fields_digest"], self.alone(*options))

    def checkpoints(self):
        return sorted(self.folder.glob("checkpoint_*.h5"))

    def idle(self):
        """Until Slurm has all nodes back."""
        count = ["sinfo", "--noheader", "--states=idle", "--format=%D"]
        self.wait_for(lambda: cluster("run", *count, stdout=subprocess.PIPE).stdout.strip() == str(NODES), "idle nodes")

    def gone(self, number):
        """Until nothing of a job's steps is left on any node; Slurm has the nodes back before."""
        steps = ["pgrep", "--full", rf"^slurmstepd: \[{number}\."]
        self.wait_for(lambda: cluster("run", *steps, stdout=subprocess.PIPE).returncode, "end of the job's steps")


if __name__ == "__main__":
    if subprocess.run([CLUSTER, "check"]).returncode:
        sys.exit(77)
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]], verbosity=2)

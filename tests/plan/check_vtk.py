# SPDX-License-Identifier: BSD-3-Clause
"""check_vtk.py HILBRICK_PLAN: what --vtk writes is what VTK reads, and the ranks are those of --owners.

Ends with 77 where there is no VTK for Python.
"""
import pathlib
import struct
import subprocess
import sys
import tempfile

try:
    from vtkmodules.util.numpy_support import vtk_to_numpy
    from vtkmodules.vtkIOXML import vtkXMLRectilinearGridReader
except ImportError:
    print("no VTK for Python here (Debian: python3-vtk9)")
    sys.exit(77)


def read_owners(file):
    """The shape [x, y, z] and the values, x fastest."""
    data = file.read_bytes()
    length = struct.unpack("<H", data[8:10])[0]
    shape = eval(data[10 : 10 + length], {"__builtins__": {}})["shape"]
    values = data[10 + length :]
    return list(reversed(shape)), list(struct.unpack(f"<{len(values) // 4}i", values))


def check(plan, folder, ranks, ranks_per_node, arguments, bricks, loads):
    """Runs the planner; `bricks`: expected planes along each axis; `loads`: expected load of a brick, from its number along each axis."""
    vtr, npy = folder / "owners.vtr", folder / "owners.npy"
    command = [plan, "--ranks", str(ranks), "--ranks-per-node", str(ranks_per_node), "--vtk", vtr, "--owners", npy, *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    assert sorted(f.name for f in folder.glob("owners*")) == ["owners.npy", "owners.vtr"], "an unfinished file is left"

    reader = vtkXMLRectilinearGridReader()
    problems = []
    reader.AddObserver("ErrorEvent", lambda *_: problems.append("VTK cannot read the file"))
    reader.SetFileName(str(vtr))
    reader.Update()
    assert not problems, problems
    grid = reader.GetOutput()
    for axis, coordinates in enumerate([grid.GetXCoordinates(), grid.GetYCoordinates(), grid.GetZCoordinates()]):
        assert list(vtk_to_numpy(coordinates)) == bricks[axis], (axis, list(vtk_to_numpy(coordinates)))
    data = grid.GetCellData()
    assert data.GetNumberOfArrays() == 3
    rank, node, load = (list(vtk_to_numpy(data.GetArray(name))) for name in ("rank", "node", "load"))
    shape, owners = read_owners(npy)
    assert shape == [len(planes) - 1 for planes in bricks]
    assert rank == owners
    assert set(rank) - {-1} == set(range(ranks)), "each rank owns something here"
    assert node == [-1 if r < 0 else r // ranks_per_node for r in owners]
    expected = [loads(x, y, z) for z in range(shape[2]) for y in range(shape[1]) for x in range(shape[0])]
    assert load == expected
    assert all((r < 0) == (w == 0) for r, w in zip(rank, load)), "nobody owns bricks without active cells"


def main(plan):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        uneven = [[0, 3, 6, 10], [0, 3, 7], [0, 4, 8, 12, 16]]  # 10 x 7 x 16 cells in bricks of at most 4
        volume = lambda x, y, z: (uneven[0][x + 1] - uneven[0][x]) * (uneven[1][y + 1] - uneven[1][y]) * 4
        for method in ("slab", "box", "morton", "hilbert", "auto"):
            check(plan, folder, 4, 2, ["--cells", "10x7x16", "--brick", "4", "--method", method], uneven, volume)
        # Only the lower half of z is active.
        mask = folder / "active.csv"
        mask.write_text("0,0,0,10,7,8\n")
        check(plan, folder, 5, 3, ["--cells", "10x7x16", "--brick", "4", "--method", "hilbert", "--active", mask], uneven,
              lambda x, y, z: volume(x, y, z) if z < 2 else 0)
        # Cells of the boundary layer weigh 5.
        planes = [0, 2, 4, 6, 8]
        inner = (1, 2)
        check(plan, folder, 3, 1, ["--cells", "8x8x8", "--brick", "2", "--method", "morton", "--boundary-cost", "2:5"], [planes] * 3,
              lambda x, y, z: 8 if x in inner and y in inner and z in inner else 40)


if __name__ == "__main__":
    main(sys.argv[1])

"""The tables of a Markdown file, of which one row after another is renewed; what stands around them is kept."""

import contextlib
import fcntl


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


class Table:
    """The table whose first line has these columns; rows are known by their first cell."""

    def __init__(self, path, columns, order):
        self.path = path
        self.columns = columns
        self.order = order

    def put(self, row):
        """Puts the row in the place of the one of the same name, or where it belongs by `order`."""
        with self.alone():
            lines = self.path.read_text().splitlines()
            first, last = self.bounds(lines)
            rows = {name: line for line in lines[first:last] for name in cells(line)[:1]}
            rows[row[0]] = "| " + " | ".join(row) + " |"
            lines[first:last] = [rows[name] for name in self.order if name in rows]
            self.path.write_text("\n".join(lines) + "\n")

    @contextlib.contextmanager
    def alone(self):
        """Nobody else writes meanwhile, neither another thread nor another run."""
        with open(self.path) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def bounds(self, lines):
        """Where its rows begin and end."""
        heads = [number for number, line in enumerate(lines) if cells(line) == list(self.columns)]
        if len(heads) != 1:
            raise SystemExit(f"broken: {self.path.name} has {len(heads)} tables with the columns {', '.join(self.columns)}; one is wanted")
        first = last = heads[0] + 2
        while last < len(lines) and lines[last].startswith("|"):
            last += 1
        return first, last

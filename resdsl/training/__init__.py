"""The runner: data, schedule, the one loop, and the folder that a run leaves."""

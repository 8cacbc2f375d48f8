"""Many monitors of a file are checked, added and changed in requests of a bounded size."""

//! Stories about the server when its surroundings fail; they are under `tests/`.

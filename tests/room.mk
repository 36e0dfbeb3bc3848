# tests: one part per room; see CONTRIBUTING.md.
include tests/unit/room.mk
include tests/conv/room.mk
include tests/session/room.mk
include tests/faults/room.mk
include tests/proxy/room.mk
include tests/conform/room.mk
include tests/fuzz/room.mk
include tests/sql/room.mk
include tests/bench/room.mk

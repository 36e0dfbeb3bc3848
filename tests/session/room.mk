# session tests

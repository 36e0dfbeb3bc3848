# conform tests

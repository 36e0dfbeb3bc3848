# conv tests

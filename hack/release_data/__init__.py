"""What a release publishes, recorded once as data of the tests of upgrades."""

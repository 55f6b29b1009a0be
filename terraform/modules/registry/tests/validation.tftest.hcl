# Each run is wrong in one thing, and must be refused for it.

mock_provider "aws" {}

run "scan_type_unknown" {
  command = plan

  variables {
    scanning = { type = "basic" }
  }

  expect_failures = [var.scanning]
}

run "continuous_scanning_of_the_basic_type" {
  command = plan

  variables {
    scanning = { type = "BASIC", rules = [{ frequency = "CONTINUOUS_SCAN" }] }
  }

  expect_failures = [var.scanning]
}

run "scan_frequency_unknown" {
  command = plan

  variables {
    scanning = { type = "ENHANCED", rules = [{ frequency = "MANUAL" }] }
  }

  expect_failures = [var.scanning]
}

run "two_rules_of_one_frequency" {
  command = plan

  variables {
    scanning = { type = "BASIC", rules = [{ frequency = "SCAN_ON_PUSH" }, { frequency = "SCAN_ON_PUSH", filters = ["mirror/*"] }] }
  }

  expect_failures = [var.scanning]
}

run "enhanced_scanning_without_rules" {
  command = plan

  variables {
    scanning = { type = "ENHANCED" }
  }

  expect_failures = [var.scanning]
}

run "scanning_rule_without_filters" {
  command = plan

  variables {
    scanning = { type = "BASIC", rules = [{ frequency = "SCAN_ON_PUSH", filters = [] }] }
  }

  expect_failures = [var.scanning]
}

run "scanning_filters_more_than_a_hundred" {
  command = plan

  variables {
    scanning = { type = "BASIC", rules = [{ frequency = "SCAN_ON_PUSH", filters = [for n in range(101) : "team-${n}/*"] }] }
  }

  expect_failures = [var.scanning]
}

run "scanning_filter_in_capitals" {
  command = plan

  variables {
    scanning = { type = "BASIC", rules = [{ frequency = "SCAN_ON_PUSH", filters = ["Mirror/*"] }] }
  }

  expect_failures = [var.scanning]
}

run "scanning_filter_that_ends_with_a_separator" {
  command = plan

  variables {
    scanning = { type = "BASIC", rules = [{ frequency = "SCAN_ON_PUSH", filters = ["mirror/"] }] }
  }

  expect_failures = [var.scanning]
}

run "scanning_filter_too_long" {
  command = plan

  variables {
    scanning = { type = "BASIC", rules = [{ frequency = "SCAN_ON_PUSH", filters = [join("", [for n in range(256) : "a"])] }] }
  }

  expect_failures = [var.scanning]
}

run "replication_without_rules" {
  command = plan

  variables {
    replication = []
  }

  expect_failures = [var.replication]
}

run "replication_rules_more_than_ten" {
  command = plan

  variables {
    replication = [for n in range(11) : { destinations = [{ region = "eu-central-1", account_id = "123456789012" }] }]
  }

  expect_failures = [var.replication]
}

run "replication_to_nowhere" {
  command = plan

  variables {
    replication = [{ destinations = [] }]
  }

  expect_failures = [var.replication]
}

run "destinations_more_than_twenty_five" {
  command = plan

  variables {
    replication = [{ destinations = [for n in range(26) : { region = "eu-central-1", account_id = format("%012d", n) }] }]
  }

  expect_failures = [var.replication]
}

run "destination_twice" {
  command = plan

  variables {
    replication = [{ destinations = [for n in range(2) : { region = "eu-central-1", account_id = "123456789012" }] }]
  }

  expect_failures = [var.replication]
}

run "account_of_eleven_digits" {
  command = plan

  variables {
    replication = [{ destinations = [{ region = "eu-central-1", account_id = "12345678901" }] }]
  }

  expect_failures = [var.replication]
}

run "region_that_is_none" {
  command = plan

  variables {
    replication = [{ destinations = [{ region = "frankfurt", account_id = "123456789012" }] }]
  }

  expect_failures = [var.replication]
}

run "prefix_with_a_wildcard" {
  command = plan

  variables {
    replication = [{ destinations = [{ region = "eu-central-1", account_id = "123456789012" }], prefixes = ["mirror/*"] }]
  }

  expect_failures = [var.replication]
}

run "prefix_too_short" {
  command = plan

  variables {
    replication = [{ destinations = [{ region = "eu-central-1", account_id = "123456789012" }], prefixes = ["m"] }]
  }

  expect_failures = [var.replication]
}

run "prefix_too_long" {
  command = plan

  variables {
    replication = [{ destinations = [{ region = "eu-central-1", account_id = "123456789012" }], prefixes = [join("", [for n in range(257) : "a"])] }]
  }

  expect_failures = [var.replication]
}

run "prefixes_more_than_a_hundred" {
  command = plan

  variables {
    replication = [{ destinations = [{ region = "eu-central-1", account_id = "123456789012" }], prefixes = [for n in range(101) : "team-${n}/"] }]
  }

  expect_failures = [var.replication]
}

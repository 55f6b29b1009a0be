# What the module plans and makes, against a mocked provider: no account is needed.

mock_provider "aws" {}

run "nothing_is_managed_that_is_not_given" {
  command = plan

  assert {
    condition     = length(aws_ecr_registry_scanning_configuration.this) == 0 && length(aws_ecr_replication_configuration.this) == 0
    error_message = "Settings of a whole registry must be left alone unless they are given."
  }

  assert {
    condition     = output.registry_id == null && output.scan_type == null && length(output.replicates_to) == 0
    error_message = "The outputs speak of something that is not managed."
  }
}

run "scanning_has_a_rule_for_each_frequency" {
  variables {
    scanning = {
      type = "ENHANCED"
      rules = [
        { frequency = "SCAN_ON_PUSH" },
        { frequency = "CONTINUOUS_SCAN", filters = ["mirror/*", "base"] },
      ]
    }
  }

  assert {
    condition     = aws_ecr_registry_scanning_configuration.this[0].scan_type == "ENHANCED" && output.scan_type == "ENHANCED"
    error_message = "The type is not the one given."
  }

  assert {
    condition = {
      for rule in aws_ecr_registry_scanning_configuration.this[0].rule :
      rule.scan_frequency => sort([for filter in rule.repository_filter : "${filter.filter_type} ${filter.filter}"])
      } == {
      SCAN_ON_PUSH    = tolist(["WILDCARD *"])
      CONTINUOUS_SCAN = tolist(["WILDCARD base", "WILDCARD mirror/*"])
    }
    error_message = "The rules are not those given; without filters a rule is about every repository."
  }

  assert {
    condition     = output.registry_id == aws_ecr_registry_scanning_configuration.this[0].registry_id && length(aws_ecr_replication_configuration.this) == 0
    error_message = "The registry is not that of the scanning configuration, or replication is managed, too."
  }
}

run "basic_scanning_of_nothing_is_valid" {
  command = plan

  variables {
    scanning = { type = "BASIC" }
  }

  assert {
    condition     = length(aws_ecr_registry_scanning_configuration.this[0].rule) == 0
    error_message = "Without rules nothing must be scanned by itself."
  }
}

run "replication_goes_where_it_is_given" {
  variables {
    replication = [
      {
        destinations = [{ region = "eu-central-1", account_id = "123456789012" }, { region = "us-east-1", account_id = "000000000001" }]
        prefixes     = ["mirror/", "base"]
      },
      { destinations = [{ region = "eu-central-1", account_id = "123456789012" }] },
    ]
  }

  assert {
    condition = [
      for rule in aws_ecr_replication_configuration.this[0].replication_configuration[0].rule : {
        to      = [for destination in rule.destination : "${destination.registry_id} ${destination.region}"]
        filters = [for filter in rule.repository_filter : "${filter.filter_type} ${filter.filter}"]
      }
      ] == [
      { to = ["123456789012 eu-central-1", "000000000001 us-east-1"], filters = ["PREFIX_MATCH mirror/", "PREFIX_MATCH base"] },
      { to = ["123456789012 eu-central-1"], filters = [] },
    ]
    error_message = "The rules are not those given."
  }

  assert {
    condition     = output.replicates_to == tolist(["000000000001/us-east-1", "123456789012/eu-central-1"])
    error_message = "The output does not name each registry once."
  }

  assert {
    condition     = output.registry_id == aws_ecr_replication_configuration.this[0].registry_id && length(aws_ecr_registry_scanning_configuration.this) == 0
    error_message = "The registry is not that of the replication configuration, or scanning is managed, too."
  }
}

run "limits_themselves_are_valid" {
  command = plan

  variables {
    scanning = {
      type = "ENHANCED"
      rules = [{
        frequency = "SCAN_ON_PUSH"
        filters   = concat([for n in range(98) : "team-${n}/*"], ["*", join("", [for n in range(255) : "a"])])
      }]
    }
    replication = [for rule in range(10) : {
      destinations = [for n in range(25) : { region = "eu-west-1", account_id = format("%012d", rule * 25 + n) }]
      prefixes     = concat([for n in range(98) : "team-${n}/"], ["ab", join("", [for n in range(256) : "a"])])
    }]
  }
}

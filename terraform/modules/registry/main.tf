################################################################################
# Scanning
################################################################################

# There is one configuration in each account and region, and always one: what stood there before is overwritten, and
# without this resource ECR has basic scanning of nothing by itself.
resource "aws_ecr_registry_scanning_configuration" "this" {
  count = var.scanning == null ? 0 : 1

  scan_type = var.scanning.type

  dynamic "rule" {
    for_each = var.scanning.rules

    content {
      scan_frequency = rule.value.frequency

      dynamic "repository_filter" {
        for_each = rule.value.filters

        content {
          filter      = repository_filter.value
          filter_type = "WILDCARD"
        }
      }
    }
  }
}

################################################################################
# Replication
################################################################################

# One in each account and region, too.
resource "aws_ecr_replication_configuration" "this" {
  count = var.replication == null ? 0 : 1

  replication_configuration {
    dynamic "rule" {
      for_each = var.replication

      content {
        dynamic "destination" {
          for_each = rule.value.destinations

          content {
            region      = destination.value.region
            registry_id = destination.value.account_id
          }
        }

        dynamic "repository_filter" {
          for_each = rule.value.prefixes

          content {
            filter      = repository_filter.value
            filter_type = "PREFIX_MATCH"
          }
        }
      }
    }
  }
}

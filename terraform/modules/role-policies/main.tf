################################################################################
# What each role does
################################################################################

# One list of actions for each thing that a role does. No list for the mirror's own repositories has an action that
# another one has, and docs/setup-aws.md says which role has each of them. `only` is the role of who has no other: the
# denials of the others, which stand above what is allowed, would make two of their policies in one role useless.
locals {
  read = [
    "ecr:BatchGetImage",
    "ecr:DescribeImages",
    "ecr:DescribeRepositories",
    "ecr:GetLifecyclePolicy",
    "ecr:GetRepositoryPolicy",
    "ecr:ListImages",
    "ecr:ListTagsForResource",
  ]
  findings = [
    "ecr:DescribeImageScanFindings",
  ]
  settings = [
    "ecr:CreateRepository",
    "ecr:DeleteLifecyclePolicy",
    "ecr:DeleteRepositoryPolicy",
    "ecr:PutImageScanningConfiguration",
    "ecr:PutImageTagMutability",
    "ecr:PutLifecyclePolicy",
    "ecr:SetRepositoryPolicy",
    "ecr:TagResource",
    "ecr:UntagResource",
  ]
  # To copy from one repository into another, where the registry does not mount layers (an account setting of ECR).
  pull = [
    "ecr:GetDownloadUrlForLayer",
  ]
  # From another account: a target of the list that is filled from the first.
  look_elsewhere = [
    "ecr:BatchGetImage",
    "ecr:ListImages",
  ]
  push = [
    "ecr:BatchCheckLayerAvailability",
    "ecr:CompleteLayerUpload",
    "ecr:InitiateLayerUpload",
    "ecr:PutImage",
    "ecr:UploadLayerPart",
  ]
  remove = [
    "ecr:BatchDeleteImage",
    "ecr:DeleteRepository",
  ]

  repository_actions = {
    plan    = concat(local.read, local.findings)
    apply   = concat(local.read, local.settings)
    sync    = concat(local.read, local.findings, local.pull, local.push)
    destroy = concat(local.read, local.settings, local.remove)
    only    = concat(local.read, local.findings, local.settings, local.pull, local.push)
  }
  elsewhere_actions = {
    plan    = local.look_elsewhere
    apply   = local.look_elsewhere
    sync    = concat(local.look_elsewhere, local.pull)
    destroy = local.look_elsewhere
    only    = concat(local.look_elsewhere, local.pull)
  }
  # Whoever sets the policy of a repository could let themselves do with it what their role may not. A denial
  # stands above every policy that allows.
  repository_denials = {
    plan    = []
    apply   = concat(local.push, local.remove)
    sync    = []
    destroy = local.push
    only    = local.remove
  }
  # These know no resource: they are about all that the account has in the region.
  # https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonelasticcontainerregistry.html
  scanning_actions = {
    plan    = ["ecr:GetRegistryScanningConfiguration"]
    apply   = ["ecr:GetRegistryScanningConfiguration", "ecr:PutRegistryScanningConfiguration"]
    sync    = ["ecr:GetRegistryScanningConfiguration"]
    destroy = ["ecr:GetRegistryScanningConfiguration", "ecr:PutRegistryScanningConfiguration"]
    only    = ["ecr:GetRegistryScanningConfiguration", "ecr:PutRegistryScanningConfiguration"]
  }
  replication_actions = {
    plan    = ["ecr:DescribeRegistry"]
    apply   = ["ecr:DescribeRegistry", "ecr:PutReplicationConfiguration"]
    sync    = ["ecr:DescribeRegistry", "ecr:StartReplicationBackfill"]
    destroy = ["ecr:DescribeRegistry", "ecr:PutReplicationConfiguration"]
    only    = ["ecr:DescribeRegistry", "ecr:PutReplicationConfiguration", "ecr:StartReplicationBackfill"]
  }
  registry_actions = {
    for role in keys(local.repository_actions) : role => concat(
      var.sets_scanning ? local.scanning_actions[role] : [],
      var.sets_replication ? local.replication_actions[role] : [],
    )
  }
  # Whoever makes a repository with a key of one's own lets ECR use it, and whoever removes the repository takes that back.
  # https://docs.aws.amazon.com/AmazonECR/latest/userguide/encryption-at-rest.html
  key_actions = {
    plan    = []
    apply   = ["kms:CreateGrant", "kms:DescribeKey"]
    sync    = []
    destroy = ["kms:CreateGrant", "kms:DescribeKey", "kms:RetireGrant"]
    only    = ["kms:CreateGrant", "kms:DescribeKey"]
  }
  # `status` looks for repositories that have left the list.
  finds_strays = ["plan", "sync", "only"]
  # The state is read or written; sync knows nothing of it.
  state_access = {
    plan    = "read"
    apply   = "write"
    sync    = "none"
    destroy = "write"
    only    = "write"
  }
}

################################################################################
# On what
################################################################################

locals {
  ecr = [for region in var.regions : "arn:${var.partition}:ecr:${region}:${var.account_id}:repository"]

  repositories = flatten([for ecr in local.ecr : [for name in var.repositories : "${ecr}/${name}"]])
  all          = [for ecr in local.ecr : "${ecr}/*"]

  bucket = var.state == null ? null : "arn:${var.partition}:s3:::${var.state.bucket}"
  states = var.state == null ? [] : [for key in var.state.keys : "${local.bucket}/${key}"]
  # Terraform's name for the object that locks another: the backend's `use_lockfile`.
  locks     = [for state in local.states : "${state}.tflock"]
  state_key = var.state == null ? null : var.state.kms_key_arn
}

################################################################################
# Policies
################################################################################

locals {
  sign_in = { Sid = "SignIn", Effect = "Allow", Action = ["ecr:GetAuthorizationToken"], Resource = ["*"] }

  never = { Sid = "NeverByRepositoryPolicy", Effect = "Deny", Resource = local.repositories }

  registry = {
    Sid       = "Registry"
    Effect    = "Allow"
    Resource  = ["*"]
    Condition = { StringEquals = { "aws:RequestedRegion" = var.regions } }
  }

  # Whoever may make a grant by themselves may let anybody use the key; here ECR alone may, when it is asked for a
  # repository. What AWS calls the service ends otherwise in some partitions.
  # https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service
  keys = {
    Sid       = "RepositoryKeys"
    Effect    = "Allow"
    Resource  = var.kms_key_arns
    Condition = { StringLike = { "kms:ViaService" = [for region in var.regions : "ecr.${region}.*"] } }
  }

  # A statement that names nothing is left out: IAM refuses an empty list.
  statements = {
    for role, actions in local.repository_actions : role => [
      for statement in [
        local.sign_in,
        { Sid = "Repositories", Effect = "Allow", Action = actions, Resource = local.repositories },
        {
          Sid      = "FindStrays"
          Effect   = "Allow"
          Action   = ["ecr:DescribeRepositories"]
          Resource = var.may_list_all_repositories && contains(local.finds_strays, role) ? local.all : []
        },
        { Sid = "FirstTarget", Effect = "Allow", Action = local.elsewhere_actions[role], Resource = var.reads_from },
        merge(local.never, { Action = local.repository_denials[role] }),
        merge(local.registry, { Action = local.registry_actions[role] }),
        merge(local.keys, { Action = local.key_actions[role] }),
        {
          Sid      = "FindState"
          Effect   = "Allow"
          Action   = ["s3:ListBucket"]
          Resource = local.bucket == null || local.state_access[role] == "none" ? [] : [local.bucket]
        },
        {
          Sid      = "ReadState"
          Effect   = "Allow"
          Action   = ["s3:GetObject"]
          Resource = local.state_access[role] == "read" ? local.states : []
        },
        {
          Sid      = "WriteState"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:PutObject"]
          Resource = local.state_access[role] == "write" ? local.states : []
        },
        {
          Sid      = "LockState"
          Effect   = "Allow"
          Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
          Resource = local.state_access[role] == "write" ? local.locks : []
        },
        {
          Sid    = "StateKey"
          Effect = "Allow"
          Action = {
            none  = []
            read  = ["kms:Decrypt"]
            write = ["kms:Decrypt", "kms:GenerateDataKey"]
          }[local.state_access[role]]
          Resource = local.state_key == null ? [] : [local.state_key]
        },
      ] : statement if length(statement.Action) > 0 && length(statement.Resource) > 0
    ]
  }

  policies = {
    for role, statements in local.statements : role => jsonencode({ Version = "2012-10-17", Statement = statements })
  }

  # What no role may ever exceed, whatever else is attached to it later: the union of all four.
  boundary = jsonencode({
    Version = "2012-10-17"
    Statement = [
      for statement in [
        local.sign_in,
        {
          Sid      = "Repositories"
          Effect   = "Allow"
          Action   = concat(local.read, local.findings, local.settings, local.pull, local.push, local.remove)
          Resource = local.repositories
        },
        {
          Sid      = "FindStrays"
          Effect   = "Allow"
          Action   = ["ecr:DescribeRepositories"]
          Resource = var.may_list_all_repositories ? local.all : []
        },
        { Sid = "FirstTarget", Effect = "Allow", Action = local.elsewhere_actions.sync, Resource = var.reads_from },
        merge(local.registry, { Action = distinct(concat(local.registry_actions.destroy, local.registry_actions.sync)) }),
        merge(local.keys, { Action = local.key_actions.destroy }),
        { Sid = "FindState", Effect = "Allow", Action = ["s3:ListBucket"], Resource = local.bucket == null ? [] : [local.bucket] },
        {
          Sid      = "State"
          Effect   = "Allow"
          Action   = ["s3:GetObject", "s3:PutObject"]
          Resource = local.states
        },
        {
          Sid      = "LockState"
          Effect   = "Allow"
          Action   = ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]
          Resource = local.locks
        },
        {
          Sid      = "StateKey"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = local.state_key == null ? [] : [local.state_key]
        },
      ] : statement if length(statement.Action) > 0 && length(statement.Resource) > 0
    ]
  })
}

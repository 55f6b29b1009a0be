# Every rule about Terraform itself. Those about AWS are in a plugin that is downloaded, which not every machine may do;
# of AWS's settings checkov knows more.
plugin "terraform" {
  enabled = true
  preset  = "all"
}

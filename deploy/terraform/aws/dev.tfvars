aws_region  = "us-east-1"
name_prefix = "alerting-dev"

tags = {
  environment = "dev"
}

aws_region  = "us-east-1"
name_prefix = "alerting-prod"

tags = {
  environment = "prod"
}

variable "aws_region" {
  description = "Where the topic and the queue are."
  type        = string
}

variable "name_prefix" {
  description = "Begins the name of everything that is made: alerting-prod makes alerting-prod-alerts and others."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,39}$", var.name_prefix))
    error_message = "Give 2 to 40 of lower-case letters, digits and dashes, a letter first."
  }
}

variable "tags" {
  description = "On everything that is made."
  type        = map(string)
  default     = {}
}

variable "alarm_account_ids" {
  description = "Accounts whose CloudWatch alarms may publish to the topic; none: this account alone."
  type        = list(string)
  default     = []
}

variable "tocsin_sns_url" {
  description = "Address of a source of the type sns, such as https://tocsin.example.com/in/sns/KEY: the topic posts to it too. Empty: only the queue gets messages."
  type        = string
  default     = ""
  sensitive   = true

  validation {
    condition     = var.tocsin_sns_url == "" || can(regex("^https://[^/]+/in/sns/.+$", var.tocsin_sns_url))
    error_message = "Give the https address of a source of the type sns, ending in its key."
  }
}

variable "make_queue" {
  description = "Whether there is a queue that Tocsin polls. With an address for SNS it may be left out, so that nothing arrives twice."
  type        = bool
  default     = true
}

variable "visibility_seconds" {
  description = "How long a message that Tocsin has received stays hidden. Tocsin renews it while it works."
  type        = number
  default     = 70
}

variable "max_receive_count" {
  description = "After so many deliveries without success a message goes to the dead letter queue."
  type        = number
  default     = 5
}

variable "tocsin_role_name" {
  description = "Role of the machine or pod that Tocsin runs on, which gets the right to read the queue. Empty: a policy is made and attached to nobody."
  type        = string
  default     = ""
}

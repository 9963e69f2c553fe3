output "topic_arn" {
  description = "Where alarms publish; the setting topics of the source of the type sns."
  value       = aws_sns_topic.alerts.arn
}

output "queue_url" {
  description = "The setting queue_url of the source of the type sqs."
  value       = one(aws_sqs_queue.alerts[*].url)
}

output "dead_queue_url" {
  description = "Where messages end that were delivered too often."
  value       = one(aws_sqs_queue.dead[*].url)
}

output "tocsin_policy_arn" {
  description = "What the role or user that Tocsin runs as must have."
  value       = one(aws_iam_policy.tocsin[*].arn)
}

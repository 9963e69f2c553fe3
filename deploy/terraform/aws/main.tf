data "aws_caller_identity" "this" {}

locals {
  alarm_accounts = length(var.alarm_account_ids) > 0 ? var.alarm_account_ids : [data.aws_caller_identity.this.account_id]
  queues         = var.make_queue ? 1 : 0
}

resource "aws_sns_topic" "alerts" {
  name              = "${var.name_prefix}-alerts"
  signature_version = 2
}

data "aws_iam_policy_document" "topic" {
  statement {
    sid       = "AlarmsPublish"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alerts.arn]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = local.alarm_accounts
    }
  }
}

resource "aws_sns_topic_policy" "alerts" {
  arn    = aws_sns_topic.alerts.arn
  policy = data.aws_iam_policy_document.topic.json
}

# To Tocsin by HTTPS: it confirms the subscription by itself, by the topic's own address.
resource "aws_sns_topic_subscription" "tocsin" {
  count                  = nonsensitive(var.tocsin_sns_url != "") ? 1 : 0
  topic_arn              = aws_sns_topic.alerts.arn
  protocol               = "https"
  endpoint               = var.tocsin_sns_url
  endpoint_auto_confirms = true

  delivery_policy = jsonencode({
    healthyRetryPolicy = {
      minDelayTarget     = 1
      maxDelayTarget     = 60
      numRetries         = 50
      numNoDelayRetries  = 0
      numMinDelayRetries = 3
      numMaxDelayRetries = 40
      backoffFunction    = "exponential"
    }
  })
}

resource "aws_sqs_queue" "dead" {
  count                     = local.queues
  name                      = "${var.name_prefix}-alerts-dead"
  message_retention_seconds = 14 * 24 * 3600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue" "alerts" {
  count                      = local.queues
  name                       = "${var.name_prefix}-alerts"
  visibility_timeout_seconds = var.visibility_seconds
  message_retention_seconds  = 4 * 24 * 3600
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = true

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead[0].arn
    maxReceiveCount     = var.max_receive_count
  })
}

resource "aws_sqs_queue_redrive_allow_policy" "dead" {
  count     = local.queues
  queue_url = aws_sqs_queue.dead[0].url

  redrive_allow_policy = jsonencode({
    redrivePermission = "byQueue"
    sourceQueueArns   = [aws_sqs_queue.alerts[0].arn]
  })
}

data "aws_iam_policy_document" "queue" {
  count = local.queues

  statement {
    sid       = "TopicDelivers"
    actions   = ["sqs:SendMessage"]
    resources = [aws_sqs_queue.alerts[0].arn]

    principals {
      type        = "Service"
      identifiers = ["sns.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [aws_sns_topic.alerts.arn]
    }
  }
}

resource "aws_sqs_queue_policy" "alerts" {
  count     = local.queues
  queue_url = aws_sqs_queue.alerts[0].url
  policy    = data.aws_iam_policy_document.queue[0].json
}

resource "aws_sns_topic_subscription" "queue" {
  count                = local.queues
  topic_arn            = aws_sns_topic.alerts.arn
  protocol             = "sqs"
  endpoint             = aws_sqs_queue.alerts[0].arn
  raw_message_delivery = true
}

# What Tocsin needs to poll the queue, and nothing else.
data "aws_iam_policy_document" "tocsin" {
  count = local.queues

  statement {
    sid       = "ReadTheQueue"
    actions   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]
    resources = [aws_sqs_queue.alerts[0].arn]
  }

  # The depth of both is a metric, and dead letters are an alarm.
  statement {
    sid       = "CountBothQueues"
    actions   = ["sqs:GetQueueAttributes"]
    resources = [aws_sqs_queue.alerts[0].arn, aws_sqs_queue.dead[0].arn]
  }
}

resource "aws_iam_policy" "tocsin" {
  count       = local.queues
  name        = "${var.name_prefix}-tocsin"
  description = "Tocsin reads the queue of alerts."
  policy      = data.aws_iam_policy_document.tocsin[0].json
}

resource "aws_iam_role_policy_attachment" "tocsin" {
  count      = var.make_queue && var.tocsin_role_name != "" ? 1 : 0
  role       = var.tocsin_role_name
  policy_arn = aws_iam_policy.tocsin[0].arn
}

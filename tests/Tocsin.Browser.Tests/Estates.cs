namespace Tocsin.Browser.Tests;

internal static class Estates
{
    /// <summary>Where nobody listens: what is sent there fails at once.</summary>
    private const string Nowhere = "http://127.0.0.1:9";

    public const string GenericKey = "generic-source-key-00000000001";

    /// <summary>Two people, a schedule, a policy of two steps, three sources.</summary>
    public const string Acme = $$"""
        apiVersion: tocsin/v1
        workspace: acme
        users:
          - name: ana
            full_name: Ana Costa
            email: ana@acme.example
            time_zone: Europe/Berlin
            role: owner
            contact:
              - {name: phone, type: webhook, url: "{{Nowhere}}/ana"}
              - {name: tablet, type: webhook, url: "{{Nowhere}}/ana-tablet"}
            notify:
              high: [{after: 0s, via: phone}, {after: 2m, via: tablet}]
              low: [{after: 0s, via: tablet}]
          - name: bo
            full_name: Bo Lindqvist
            time_zone: America/New_York
            role: responder
            contact:
              - {name: hook, type: webhook, url: "{{Nowhere}}/bo"}
            notify:
              high: [{after: 0s, via: hook}]
              low: [{after: 0s, via: hook}]
        teams:
          - {name: payments, members: [ana, bo]}
        schedules:
          - name: payments-primary
            team: payments
            time_zone: Europe/Berlin
            rotations:
              - {name: weekly, users: [ana, bo], start: 2026-01-05T09:00, every: 1w}
            overrides:
              - {user: bo, from: 2030-12-24T09:00, to: 2030-12-27T09:00}
        channels:
          - {name: ops, type: webhook, url: "{{Nowhere}}/ops"}
        policies:
          - name: payments
            repeat: 1
            steps:
              - {notify: ["schedule:payments-primary"], wait: 5m}
              - {notify: ["user:bo", "channel:ops"], wait: 5m}
        services:
          - {name: checkout, team: payments, policy: payments, description: Takes the money}
        sources:
          - {name: prometheus, type: alertmanager, key: am-source-key-0000000000000001}
          - {name: grafana, type: grafana, key: grafana-source-key-00000000001}
          - {name: anything, type: generic, key: {{GenericKey}}}
        route:
          name: root
          policy: payments
          group_by: [alertname, service]
          group_interval: 1m
          routes:
            - {name: information, match: ['severity="info"'], policy: none}
            - {name: checkout, match: ['service="checkout"', 'severity=~"critical|high"'], policy: payments, urgency: high}
        """;

    /// <summary>An event for the generic source.</summary>
    public static string Event(string title, string severity = "critical", string status = "firing", string description = "") =>
        System.Text.Json.JsonSerializer.Serialize(new { title, severity, status, service = "checkout", environment = "prod", description, dedup_key = title });

    public static string GenericPath => $"/in/generic/{GenericKey}";
}

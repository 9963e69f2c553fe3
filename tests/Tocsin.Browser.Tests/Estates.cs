namespace Tocsin.Browser.Tests;

internal static class Estates
{
    public const string GenericKey = "generic-source-key-00000000001";

    /// <summary>Two people, a schedule, a policy of two steps, three sources.</summary>
    /// <param name="phone">Where pages go: each person and channel has a path of its own there.</param>
    public static string Acme(Uri phone) => $$"""
        apiVersion: tocsin/v1
        workspace: acme
        users:
          - name: ana
            full_name: Ana Costa
            email: ana@acme.example
            time_zone: Europe/Berlin
            role: owner
            contact:
              - {name: phone, type: webhook, url: "{{phone}}ana"}
              - {name: tablet, type: webhook, url: "{{phone}}ana-tablet"}
            notify:
              high: [{after: 0s, via: phone}, {after: 2m, via: tablet}]
              low: [{after: 0s, via: tablet}]
          - name: bo
            full_name: Bo Lindqvist
            time_zone: America/New_York
            role: responder
            contact:
              - {name: hook, type: webhook, url: "{{phone}}bo"}
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
              - {name: weekly, users: [ana], start: 2025-01-06T09:00, every: 1w}
            overrides:
              - {user: bo, from: 2030-12-24T09:00, to: 2030-12-27T09:00}
          - name: platform
            time_zone: America/New_York
            rotations:
              - {name: daily, users: [bo, ana], start: 2025-01-06T08:00, every: 1d, from: "08:00", to: "20:00", days: [mon, tue, wed, thu, fri]}
        channels:
          - {name: ops, type: webhook, url: "{{phone}}ops"}
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
    public static string Event(string title, string severity = "critical", string status = "firing", string description = "", string service = "checkout") =>
        System.Text.Json.JsonSerializer.Serialize(new { title, severity, status, service, environment = "prod", description, dedup_key = title });

    public static string GenericPath => $"/in/generic/{GenericKey}";
}

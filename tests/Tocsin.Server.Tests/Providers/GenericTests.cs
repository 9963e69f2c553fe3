using System.Text;
using Tocsin.Alerts;
using Tocsin.Providers;

namespace Tocsin.Tests.Providers;

public sealed class GenericTests
{
    private static readonly DateTimeOffset ReceivedAt = Delivery.ReceivedAt;
    private readonly Generic _provider = new();

    [Fact]
    public void The_canonical_event_is_taken_as_it_is()
    {
        var delivery = _provider.Parsed("generic/native");

        Assert.Null(delivery.Note);
        var signal = Assert.Single(delivery.Signals);
        Assert.Equal("backup/db1", signal.DedupKey);
        Assert.Equal(SignalStatus.Firing, signal.Status);
        Assert.Equal("The backup of db1 failed", signal.Title);
        Assert.Equal("Exit code 1.\n\nSee the *log*.", signal.Description);
        Assert.Equal(Severity.Critical, signal.Severity);
        Assert.Equal(ReceivedAt.AddHours(-1), signal.StartedAt);
        Assert.Equal(ReceivedAt.AddHours(23), signal.ExpiresAt);
        Assert.Equal("db1", signal.Service);
        Assert.Equal("prod", signal.Environment);
        Assert.Equal(LabelSet.Of(("environment", "prod"), ("rack", "r7"), ("service", "db1"), ("team", "storage")), signal.Labels);
        Assert.Equal(LabelSet.Of(("summary", "backup")), signal.Annotations);
        Assert.Equal([new Link("Log", "https://ci.example/1")], signal.Links);
        Assert.Equal([new Image("https://img.example/a.png", "graph")], signal.Images);
        Assert.Equal(("1", "0", "abc"), (signal.Value, signal.Threshold, signal.SenderFingerprint));
        Assert.Empty(signal.Warnings);
    }

    [Fact]
    public void A_flat_body_is_guessed_and_the_guess_is_told()
    {
        var delivery = _provider.Parsed("generic/flat");

        var signal = Assert.Single(delivery.Signals);
        Assert.Equal(("disk-full", SignalStatus.Firing, Severity.High), (signal.DedupKey, signal.Status, signal.Severity));
        Assert.Equal("disk-full", signal.Title);
        Assert.Equal("Disk of web1 is 96 % full", signal.Description);
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 11, 55, 0, TimeSpan.Zero), signal.StartedAt);
        Assert.Equal(
            LabelSet.Of(
                ("env", "prod"), ("host", "web1"), ("priority", "P2"), ("rack", "r7"), ("shard_id", "3"), ("tags", "nightly"), ("team", "storage")),
            signal.Labels);
        Assert.Equal(LabelSet.Of(("percent", "96.4")), signal.Annotations);
        Assert.Equal([new("Source", "https://nagios.example/web1"), new Link("Runbook", "https://runbooks.example/disk")], signal.Links);
        Assert.Equal(
            "Read by guessing: id from name, title from name, severity from priority, description from message, link from url.", delivery.Note);
    }

    [Fact]
    public void News_inside_wrappers_are_found_and_the_rest_becomes_labels_with_dots()
    {
        var signal = Assert.Single(_provider.Parsed("generic/nested").Signals);

        Assert.Equal(("INC-77", "Search is slow", SignalStatus.Firing), (signal.DedupKey, signal.Title, signal.Status));
        Assert.Equal(Severity.High, signal.Severity);
        Assert.Equal("search", signal.Service);
        Assert.Equal(new DateTimeOffset(2026, 3, 1, 11, 45, 0, TimeSpan.Zero), signal.StartedAt);
        Assert.Equal(
            LabelSet.Of(("regions", "eu,us"), ("service.name", "search"), ("service.tier", "gold"), ("type", "incident.triggered")), signal.Labels);
        Assert.Equal(
            LabelSet.Of(("id", "delivery-5512"), ("query.notes", "first line\nsecond line"), ("query.p99_ms", "2140")), signal.Annotations);
        Assert.Equal([new Link("Html", "https://status.example/INC-77")], signal.Links);
    }

    [Fact]
    public void Of_a_list_each_element_has_its_own_fate()
    {
        var delivery = _provider.Parsed("generic/array");

        Assert.Equal([("1", SignalStatus.Firing), ("2", SignalStatus.Resolved)], delivery.Signals.Select(s => (s.DedupKey, s.Status)));
        Assert.Equal(["[1]", "[3]"], delivery.Rejected.Select(r => r.Path));
        Assert.Equal(ReceivedAt.AddMinutes(-30), delivery.Signals[1].EndedAt);
    }

    [Fact]
    public void A_list_inside_an_object_is_read_too()
    {
        var signals = _provider.Parsed("generic/wrapped-list").Signals;

        Assert.Equal([("one", SignalStatus.Firing), ("two", SignalStatus.Resolved)], signals.Select(s => (s.DedupKey, s.Status)));
        Assert.Equal(LabelSet.Of(("env", "stage"), ("owner", "ana")), signals[0].Labels);
    }

    [Fact]
    public void An_event_of_the_alert_pipeline_keeps_its_fingerprint()
    {
        var signal = Assert.Single(_provider.Parsed("generic/pipeline").Signals);

        Assert.Equal("03fe45e3b25e8112e4e7a5d97a09b49451462a7e6dbaf73cb5b5f678eb153fb3", signal.DedupKey);
        Assert.Equal((SignalStatus.Firing, Severity.Critical, "Quartz Lag"), (signal.Status, signal.Severity, signal.Title));
        Assert.Equal(ReceivedAt.AddMinutes(-20), signal.StartedAt);
        Assert.Equal(
            LabelSet.Of(
                ("account_id", "7"), ("alarm_id", "abc"), ("priority", "P1"), ("source", "grafana"), ("team", "dev-infra"), ("teams", "dev-infra,quartz")),
            signal.Labels);
        Assert.Equal("lag=5400", signal.Description);
        Assert.Equal("Consumers are behind", signal.Annotations["summary"]);
        Assert.Equal(["Runbook", "Source"], signal.Links.Select(l => l.Text));

        var end = Assert.Single(_provider.Parsed("generic/pipeline-resolved").Signals);
        Assert.Equal((signal.DedupKey, SignalStatus.Resolved), (end.DedupKey, end.Status));
        Assert.Equal(ReceivedAt.AddMinutes(-10), end.EndedAt);
        Assert.Empty(end.Warnings);
    }

    [Theory]
    [InlineData("""{"title":"t","status":"OK"}""", SignalStatus.Resolved)]
    [InlineData("""{"title":"t","state":"alerting"}""", SignalStatus.Firing)]
    [InlineData("""{"title":"t","event":"alert.resolved"}""", SignalStatus.Resolved)]
    [InlineData("""{"title":"t","status":200,"alert_status":"closed"}""", SignalStatus.Resolved)]
    [InlineData("""{"title":"t","status":"ack"}""", SignalStatus.Acknowledged)]
    [InlineData("""{"title":"t","status":"info"}""", SignalStatus.Info)]
    [InlineData("""{"title":"t","event":"info"}""", SignalStatus.Firing)]
    [InlineData("""{"title":"t","status":"not resolved"}""", SignalStatus.Firing)]
    [InlineData("""{"title":"t","resolved":true}""", SignalStatus.Resolved)]
    [InlineData("""{"title":"t","resolved":false}""", SignalStatus.Firing)]
    [InlineData("""{"title":"t"}""", SignalStatus.Firing)]
    public void Status_is_guessed(string body, SignalStatus expected) => Assert.Equal(expected, _provider.ParsedText(body).Signals[0].Status);

    [Theory]
    [InlineData("""{"title":"t","severity":"crit"}""", Severity.Critical)]
    [InlineData("""{"title":"t","priority":"P3"}""", Severity.Warning)]
    [InlineData("""{"title":"t","priority":2}""", Severity.High)]
    [InlineData("""{"title":"t","level":"warn"}""", Severity.Warning)]
    [InlineData("""{"title":"t","severity":"odd","level":"error"}""", Severity.High)]
    [InlineData("""{"title":"t","labels":{"severity":"info"}}""", Severity.Info)]
    [InlineData("""{"title":"t","status":"critical"}""", Severity.Critical)]
    [InlineData("""{"title":"t","status":"ok"}""", Severity.Unset)]
    [InlineData("""{"title":"t","level":3}""", Severity.Unset)]
    public void Severity_is_guessed(string body, Severity expected) => Assert.Equal(expected, _provider.ParsedText(body).Signals[0].Severity);

    [Fact]
    public void A_word_that_is_not_known_is_said()
    {
        var signal = _provider.ParsedText("""{"title":"t","status":"dancing","severity":"spicy"}""").Signals[0];

        Assert.Equal((SignalStatus.Firing, Severity.Unset), (signal.Status, signal.Severity));
        Assert.Equal(2, signal.Warnings.Count);
        Assert.Contains("dancing", signal.Warnings[0], StringComparison.Ordinal);
        Assert.Contains("spicy", signal.Warnings[1], StringComparison.Ordinal);
    }

    [Fact]
    public void Without_an_id_title_and_labels_identify()
    {
        string Key(string body) => _provider.ParsedText(body).Signals[0].DedupKey;
        var key = Key("""{"title":"Disk full","host":"web1","severity":"high","percent":96}""");

        Assert.Equal(64, key.Length);
        Assert.Equal(key, Key("""{"status":"resolved","title":"Disk full","percent":12,"host":"web1"}"""));
        Assert.Equal(key, Key("""{"title":"Disk full","labels":{"host":"web1","severity":"warning"},"timestamp":1772366100}"""));
        Assert.NotEqual(key, Key("""{"title":"Disk full","host":"web2"}"""));
        Assert.NotEqual(key, Key("""{"title":"Disk fuller","host":"web1"}"""));
        Assert.NotEqual(Key("""{"title":"t","labels":{"a":"1","b":"2"}}"""), Key("""{"title":"t","labels":{"a":"1\", b=\"2"}}"""));
    }

    [Fact]
    public void An_end_without_an_id_warns_what_it_can_end() => Assert.Contains(
        "no id", Assert.Single(_provider.ParsedText("""{"title":"t","status":"resolved"}""").Signals[0].Warnings), StringComparison.Ordinal);

    [Fact]
    public void A_long_id_is_shortened_but_kept_verbatim_as_the_senders()
    {
        var id = new string('i', 300);
        var signal = _provider.ParsedText($$"""{"id":"{{id}}"}""").Signals[0];

        Assert.Equal(255, signal.DedupKey.Length);
        Assert.Equal(id, signal.SenderFingerprint);
        Assert.StartsWith("Alert iii", signal.Title, StringComparison.Ordinal);
    }

    [Fact]
    public void The_sources_resolve_timeout_ends_what_names_no_end()
    {
        var source = Delivery.Monitoring with { ResolveTimeout = TimeSpan.FromMinutes(10) };

        Assert.Equal(ReceivedAt.AddMinutes(10), _provider.ParsedText("""{"title":"t"}""", source).Signals[0].ExpiresAt);
        Assert.Equal(ReceivedAt.AddHours(1), _provider.ParsedText("""{"title":"t","endsAt":"2026-03-01T13:00:00Z"}""", source).Signals[0].ExpiresAt);
        Assert.Null(_provider.ParsedText("""{"title":"t","status":"resolved"}""", source).Signals[0].ExpiresAt);
        Assert.Null(_provider.ParsedText("""{"title":"t"}""").Signals[0].ExpiresAt);
    }

    [Fact]
    public void An_Alertmanager_body_at_the_wrong_door_is_understood()
    {
        var delivery = _provider.Parsed("alertmanager/webhook-firing");

        Assert.Equal([SignalStatus.Firing, SignalStatus.Resolved], delivery.Signals.Select(s => s.Status));
        Assert.Equal(["Checkout answers 5xx", "HighErrorRate"], delivery.Signals.Select(s => s.Title));
    }

    [Fact]
    public void Nothing_that_a_database_refuses_gets_through()
    {
        var signal = Assert.Single(_provider.Parsed("generic/hostile").Signals);

        Assert.Equal("a\uFFFDb\uFFFDc😀d", signal.Title);
        Assert.Equal("last\uFFFD", signal.DedupKey);
        Assert.Equal("here", signal.Labels["deep.er.still"]);
        Assert.Equal("1e999999", signal.Labels["n"]);
        Assert.Equal("half a name", signal.Labels["\uFFFD"]);
        Assert.Null(signal.StartedAt);
    }

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("<xml/>")]
    [InlineData("title=Disk")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("42")]
    [InlineData("null")]
    [InlineData("\"Disk full\"")]
    [InlineData("""{"severity":"high","host":"web1"}""")]
    [InlineData("""{"title":"   ","id":null}""")]
    [InlineData("""{"title":true,"id":{}}""")]
    public void What_cannot_be_an_alert_is_an_error_with_a_reason(string body)
    {
        var result = _provider.Parse(Delivery.Of(body));

        Assert.False(result.Ok);
        Assert.True(result.Error.Detail.Length > 20);
    }

    [Fact]
    public void A_body_that_is_not_UTF8_is_read_and_said()
    {
        var delivery = _provider.Parse(Delivery.Of([.. "{\"title\":\"caf"u8, 0xE9, .. "\"}"u8])).Value!;

        Assert.Equal("caf\uFFFD", delivery.Signals[0].Title);
        Assert.Contains("UTF-8", delivery.Note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_byte_order_mark_is_overlooked() => Assert.Equal("t", _provider.ParsedText("\uFEFF{\"title\":\"t\"}").Signals[0].Title);

    [Theory]
    [InlineData(SignalStatus.Firing)]
    [InlineData(SignalStatus.Resolved)]
    public void Its_own_example_is_read_back(SignalStatus status)
    {
        var delivery = _provider.ParsedText(Encoding.UTF8.GetString(_provider.Example(status, ReceivedAt).Span));

        Assert.Null(delivery.Note);
        Assert.Equal(("tocsin-test", status), (delivery.Signals[0].DedupKey, delivery.Signals[0].Status));
        Assert.Empty(delivery.Signals[0].Warnings);
    }

    [Fact]
    public void The_bodies_of_the_snippet_are_read_as_it_says()
    {
        var snippet = _provider.Snippet("https://tocsin.example", Delivery.Monitoring);
        var bodies = snippet.Split("--data '").Skip(1).Select(part => part[..part.IndexOf('\'')]).Select(b => _provider.ParsedText(b).Signals[0]).ToArray();

        Assert.Equal(["backup/db1", "backup/db1", "disk-full"], bodies.Select(b => b.DedupKey));
        Assert.Equal([SignalStatus.Firing, SignalStatus.Resolved, SignalStatus.Firing], bodies.Select(b => b.Status));
        Assert.Contains("https://tocsin.example/in/generic/source-key-0000000000001", snippet, StringComparison.Ordinal);
    }
}

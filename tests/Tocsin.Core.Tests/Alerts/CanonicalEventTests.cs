using Tocsin.Alerts;

namespace Tocsin.Tests.Alerts;

public sealed class CanonicalEventTests
{
    private static readonly CanonicalEvent Good = new()
    {
        Source = "grafana",
        State = CanonicalState.Firing,
        Title = "Quartz Lag",
        Priority = 1,
        OccurredAt = DateTimeOffset.UnixEpoch,
        Teams = ["dev-infra"],
        AccountId = "7",
        AlarmId = "abc",
    };

    public static TheoryData<string, string> Bad => new()
    {
        { "source", "empty" },
        { "source", "blank" },
        { "source", "51" },
        { "title", "empty" },
        { "title", "501" },
        { "description", "4001" },
        { "summary", "1001" },
        { "reason", "2001" },
        { "priority", "4" },
        { "priority", "-1" },
        { "teams", "none" },
        { "teams", "eleven" },
        { "teams", "odd" },
        { "teams", "51" },
        { "identity.account_id", "empty" },
        { "identity.account_id", "101" },
        { "identity.region", "odd" },
        { "identity.region", "51" },
        { "identity.alarm_id", "1025" },
        { "links.runbook_url", "file" },
        { "links.silence_url", "2049" },
        { "schema_version", "0" },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void What_the_schema_does_not_allow_is_named(string field, string how) =>
        Assert.Equal([field], With(field, how).Check().Select(e => e.Field).Distinct());

    [Fact]
    public void The_longest_of_everything_is_allowed()
    {
        var longest = Good with
        {
            Source = new('s', 50),
            Title = string.Concat(Enumerable.Repeat("😀", 500)),
            Description = new('d', 4000),
            Summary = new('s', 1000),
            Reason = new('r', 2000),
            Teams = [.. Enumerable.Range(0, 10).Select(i => $"{i}{new string('t', 49)}")],
            AccountId = new('a', 100),
            Region = new('r', 50),
            AlarmId = new('a', 1024),
            SourceUrl = $"https://wiki.example/{new string('x', 2048 - 21)}",
        };

        Assert.Empty(longest.Check());
    }

    [Fact]
    public void The_text_that_is_hashed_is_the_published_one()
    {
        Assert.Equal("account_id=7|alarm_id=abc|source=grafana|title=quartz lag", Good.FingerprintInput);
        Assert.Equal("03fe45e3b25e8112e4e7a5d97a09b49451462a7e6dbaf73cb5b5f678eb153fb3", Good.Fingerprint);
    }

    [Fact]
    public void Nothing_but_source_title_and_identity_counts_for_the_fingerprint()
    {
        var other = Good with
        {
            Version = 2,
            State = CanonicalState.Resolved,
            Priority = 3,
            OccurredAt = DateTimeOffset.UnixEpoch.AddDays(1),
            Teams = ["other"],
            Description = "d",
            Summary = "s",
            Reason = "r",
            RunbookUrl = "https://wiki.example",
            RawProvider = "{}",
        };

        Assert.Equal(Good.Fingerprint, other.Fingerprint);
    }

    private static CanonicalEvent With(string field, string how) => field switch
    {
        "schema_version" => Good with { Version = 0 },
        "source" => Good with { Source = Text(how) },
        "title" => Good with { Title = Text(how) },
        "description" => Good with { Description = Text(how) },
        "summary" => Good with { Summary = Text(how) },
        "reason" => Good with { Reason = Text(how) },
        "priority" => Good with { Priority = how == "4" ? 4 : -1 },
        "teams" => Good with { Teams = how == "none" ? [] : how == "eleven" ? [.. Enumerable.Repeat("t", 11)] : [Text(how)] },
        "identity.account_id" => Good with { AccountId = Text(how) },
        "identity.region" => Good with { Region = Text(how) },
        "identity.alarm_id" => Good with { AlarmId = Text(how) },
        "links.runbook_url" => Good with { RunbookUrl = "file:///etc/passwd" },
        _ => Good with { SilenceUrl = $"https://wiki.example/{new string('x', 2049 - 21)}" },
    };

    private static string Text(string how) => how switch
    {
        "empty" => "",
        "blank" => "a b",
        "odd" => "a.b",
        _ => new('x', int.Parse(how)),
    };
}

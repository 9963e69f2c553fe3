using Tocsin.Alerts;
using Tocsin.Routing;

namespace Tocsin.Tests.Routing;

public sealed class SilenceSetTests
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void A_silence_mutes_from_its_start_until_just_before_its_end()
    {
        var set = SilenceSet.Compile([Silence("s", "service=checkout")]);
        var subject = Subject(("service", "checkout"));

        Assert.Null(set.FirstMatch(subject, Noon.AddTicks(-1)));
        Assert.Equal("s", set.FirstMatch(subject, Noon)?.Id);
        Assert.Equal("s", set.FirstMatch(subject, Noon.AddHours(1).AddTicks(-1))?.Id);
        Assert.Null(set.FirstMatch(subject, Noon.AddHours(1)));
        Assert.Null(set.FirstMatch(Subject(("service", "search")), Noon));
    }

    [Fact]
    public void One_that_recurs_mutes_only_at_its_times_between_its_start_and_its_end()
    {
        var nights = Silence("s", "service=checkout") with { EndsAt = Noon.AddDays(2), Repeats = new("UTC", [], new(22, 0), new(2, 0)) };
        var set = SilenceSet.Compile([nights]);
        var subject = Subject(("service", "checkout"));

        Assert.Null(set.FirstMatch(subject, Noon));
        Assert.NotNull(set.FirstMatch(subject, Noon.AddHours(10)));
        Assert.Null(set.FirstMatch(subject, Noon.AddHours(14)));
        Assert.NotNull(set.FirstMatch(subject, Noon.AddHours(34)));
        Assert.Null(set.FirstMatch(subject, Noon.AddHours(58)));
        Assert.Equal(Noon.AddHours(10), SilenceSet.NowOrNext(nights, Noon)?.From);
        Assert.Null(SilenceSet.NowOrNext(nights, Noon.AddHours(39)));
    }

    [Fact]
    public void One_for_services_mutes_what_belongs_to_one_of_them_and_matches_besides()
    {
        var set = SilenceSet.Compile([Silence("s", "env=prod") with { Services = ["checkout", "a.b"] }]);

        Assert.NotNull(set.FirstMatch(Subject(("env", "prod")) with { Service = "a.b" }, Noon));
        Assert.Null(set.FirstMatch(Subject(("env", "prod")) with { Service = "axb" }, Noon));
        Assert.Null(set.FirstMatch(Subject(("env", "test")) with { Service = "checkout" }, Noon));
    }

    [Theory]
    [InlineData("alertname=~\".+\"", true)]
    [InlineData("severity=~\"critical|high|warning|info\"", true)]
    [InlineData("severity=~\"critical|high|warning\"", false)]
    [InlineData("alertname=~\".+\", env!=prod", false)]
    [InlineData("service=checkout", false)]
    public void One_that_mutes_whatever_comes_is_total(string matchers, bool total) => Assert.Equal(total, SilenceSet.IsTotal(Silence("s", matchers)));

    [Fact]
    public void All_matchers_must_match()
    {
        var set = SilenceSet.Compile([Silence("s", "instance=a, severity=~\"warning|info\"")]);

        Assert.Null(set.FirstMatch(Subject(("instance", "a")) with { Severity = Severity.High }, Noon));
        Assert.NotNull(set.FirstMatch(Subject(("instance", "a")) with { Severity = Severity.Warning }, Noon));
    }

    [Fact]
    public void The_first_in_order_is_named_however_it_was_found()
    {
        Silence[] silences =
        [
            Silence("expired", "instance=a") with { EndsAt = Noon.AddMinutes(1) },
            Silence("by-regex", "instance=~\"[ab]\""),
            Silence("by-pair", "instance=a"),
            Silence("by-other-pair", "job=node"),
        ];

        Assert.Equal("expired", SilenceSet.Compile(silences).FirstMatch(Subject(("instance", "a"), ("job", "node")), Noon)?.Id);
        Assert.Equal("by-regex", SilenceSet.Compile(silences).FirstMatch(Subject(("instance", "a")), Noon.AddMinutes(2))?.Id);
        Assert.Equal("by-pair", SilenceSet.Compile(silences[2..]).FirstMatch(Subject(("instance", "a"), ("job", "node")), Noon)?.Id);
        Assert.Equal("by-other-pair", SilenceSet.Compile(silences).FirstMatch(Subject(("job", "node")), Noon)?.Id);
        Assert.Equal(
            ["by-regex", "by-pair", "by-other-pair"],
            SilenceSet.Compile(silences).Matches(Subject(("instance", "a"), ("job", "node")), Noon.AddMinutes(2)).Select(s => s.Id));
    }

    [Fact]
    public void The_index_finds_what_a_scan_finds()
    {
        var random = new Random(20263);
        var values = new[] { "a", "b", "c" };
        string Value() => values[random.Next(values.Length)];
        var silences = Enumerable.Range(0, 60).Select(i => Silence(
            $"{i}",
            random.Next(4) switch { 0 => $"x={Value()}", 1 => $"x={Value()},y!={Value()}", 2 => $"service={Value()}", _ => $"y=~\"[{Value()}{Value()}]\"" })
            with
        { EndsAt = Noon.AddMinutes(random.Next(1, 10)) }).ToArray();
        var set = SilenceSet.Compile(silences);

        for (var i = 0; i < 500; i++)
        {
            var subject = Subject(("x", Value()), ("y", Value())) with { Service = Value() };
            var now = Noon.AddMinutes(random.Next(0, 12));
            var scan = silences.Where(s => SilenceSet.Compile([s]).FirstMatch(subject, now) is not null).ToArray();
            Assert.Equal(scan, set.Matches(subject, now));
            Assert.Equal(scan.FirstOrDefault(), set.FirstMatch(subject, now));
        }
    }

    [Theory]
    [InlineData("{}", "at least one matcher")]
    [InlineData("service=\"\"", "refuse the empty value")]
    [InlineData("service=~\".*\"", "refuse the empty value")]
    [InlineData("service!=checkout", "refuse the empty value")]
    public void A_silence_that_could_mute_everything_is_refused(string match, string expected) =>
        Assert.Contains(expected, SilenceSet.Check(Silence("s", match))!.Detail, StringComparison.Ordinal);

    [Fact]
    public void A_silence_that_ends_before_it_starts_is_refused() =>
        Assert.Equal("ends_at", SilenceSet.Check(Silence("s", "a=b") with { EndsAt = Noon })!.Field);

    [Fact]
    public void A_bad_silence_mutes_nothing_and_does_not_stop_the_others()
    {
        var set = SilenceSet.Compile([Silence("bad", "{}"), Silence("good", "a=b")]);

        Assert.Equal("good", set.FirstMatch(Subject(("a", "b")), Noon)?.Id);
        Assert.Equal("bad", Assert.Single(set.Refused).Silence.Id);
        Assert.Equal(1, set.Count);
    }

    [Fact]
    public void A_preview_lists_what_would_be_muted_whenever_it_begins()
    {
        var future = Silence("s", "service=checkout") with { StartsAt = Noon.AddDays(7), EndsAt = Noon.AddDays(8) };
        string[] services = ["checkout", "search", "checkout"];

        Assert.Equal(["checkout", "checkout"], SilenceSet.Preview(future, services, s => Subject(("service", s))).Value!);
        Assert.False(SilenceSet.Preview(Silence("s", "{}"), services, s => Subject(("service", s))).Ok);
    }

    private static Silence Silence(string id, string match) => new(id, MatcherText.Parse(match).Value!, Noon, Noon.AddHours(1), "ana", "");

    private static RouteSubject Subject(params (string, string)[] labels) => new(LabelSet.Of(labels), Severity.High, null, null, "prometheus");
}

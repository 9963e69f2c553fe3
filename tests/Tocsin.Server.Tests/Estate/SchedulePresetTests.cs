using System.Runtime.CompilerServices;
using NodaTime;
using Tocsin.Estate;
using Tocsin.OnCall;

namespace Tocsin.Tests.Estate;

/// <summary>The presets of docs/reference/schedules.md, as they stand there.</summary>
public sealed class SchedulePresetTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Path.GetDirectoryName(Here())!, "../../../docs/reference/schedules.md"));

    /// <summary>Heading and schedule: the sections of a block replace those of the first.</summary>
    private static readonly Dictionary<string, string> Presets = Page.Split("\n### ").Skip(1)
        .Where(part => part.Contains("```yaml\n", StringComparison.Ordinal))
        .ToDictionary(part => part[..part.IndexOf('\n', StringComparison.Ordinal)], part => part.Split("```yaml\n")[1].Split("```")[0]);

    public static TheoryData<string> All => [.. Presets.Keys];

    public static TheoryData<string> WithoutGaps => [.. Presets.Keys.Where(name => name != "Business hours")];

    [Fact]
    public void There_is_a_preset_for_each_usual_way()
    {
        Assert.Superset(new HashSet<string> { "Weekly", "Daily", "Weekdays and weekends", "Follow the sun", "Business hours" }, Presets.Keys.ToHashSet());
        Assert.Equal(Page.Split("```yaml").Length - 1, Presets.Count);
    }

    [Theory]
    [MemberData(nameof(WithoutGaps))]
    public void A_preset_has_no_gap_and_no_overlap_in_any_quarter_of_an_hour_of_two_years(string preset)
    {
        var (report, model) = Read(Presets[preset]);
        var schedule = model.Schedules["primary"];
        var several = schedule.Rotations.Any(r => r.Turns.Count > 0);
        Assert.Equal("", string.Join('\n', report.Faults.Concat(report.Warnings)));

        foreach (var zone in (string[])[schedule.TimeZone, "Australia/Lord_Howe", "America/New_York"])
        {
            var moved = OnCallCalendar.Compile(schedule with { TimeZone = zone });
            var from = new DateTimeOffset(2026, 2, 2, 0, 0, 0, TimeSpan.Zero);
            for (var at = from; at < from.AddYears(2); at = at.AddMinutes(15))
            {
                var on = moved.At(at).Users.Count;
                Assert.True(on == 1 || (several && on == 2), $"{on} people at {at:o} in {zone}");
            }

            Assert.Empty(moved.Overlaps(from, from.AddYears(2)));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void An_export_of_a_preset_is_the_same_estate(string preset)
    {
        var text = Parse(Presets[preset]);
        var exported = new EstateYaml(EstateBench.Secrets).Write(text.Objects);
        var again = EstateFiles.Parse(exported, "export.yaml");

        Assert.All(text.Objects, o => Assert.True(EstateNode.Same(o.Body, again.Objects.Single(a => a.Key == o.Key).Body), exported));
        Assert.True(new EstateCheck(EstateBench.Providers, EstateBench.Clock).Run(again, EstateBench.Resolver()).Ok, exported);
    }

    [Fact]
    public void Business_hours_are_weekdays_from_nine_to_five_that_are_no_holidays()
    {
        var (report, model) = Read(Presets["Business hours"]);
        var calendar = OnCallCalendar.Compile(model.Schedules["primary"]);
        var berlin = DateTimeZoneProviders.Tzdb["Europe/Berlin"];
        Assert.Contains("nobody is on call in schedule primary", Assert.Single(report.Warnings).Text, StringComparison.Ordinal);

        var from = Instant.FromUtc(2026, 2, 2, 0, 0);
        for (var at = from; at < from + Duration.FromDays(730); at += Duration.FromMinutes(15))
        {
            var local = at.InZone(berlin).LocalDateTime;
            var isOff = local.DayOfWeek is IsoDayOfWeek.Saturday or IsoDayOfWeek.Sunday || (local.Month, local.Day) is (1, 1) or (5, 1) or (10, 3) or (12, 25) or (12, 26);
            Assert.Equal(!isOff && local.Hour is >= 9 and < 17, calendar.At(at.ToDateTimeOffset()).Users.Count == 1);
        }
    }

    [Fact]
    public void A_holiday_goes_to_the_people_of_the_weekend()
    {
        var calendar = OnCallCalendar.Compile(Read(Presets["Weekdays and weekends"]).Model.Schedules["primary"]);

        // Good Friday 2026, from nine to the Saturday's nine, and the Thursday before.
        Assert.Contains(calendar.At(new(2026, 4, 3, 7, 0, 0, TimeSpan.Zero)).Users[0], (string[])["chen", "dee"]);
        Assert.Contains(calendar.At(new(2026, 4, 3, 6, 59, 0, TimeSpan.Zero)).Users[0], (string[])["ana", "bo"]);
    }

    private static EstateText Parse(string block)
    {
        var first = Presets["Weekly"];
        var rest = block == first ? block : string.Concat(Sections(first).Where(s => !Sections(block).Any(b => b.Key == s.Key)).Select(s => s.Text)) + block;
        return EstateFiles.Parse(rest, "preset.yaml");
    }

    private static (EstateReport Report, EstateModel Model) Read(string block)
    {
        var text = Parse(block);
        var report = new EstateCheck(EstateBench.Providers, EstateBench.Clock).Run(text, EstateBench.Resolver());
        Assert.True(report.Ok, $"{report.Render()}\n{block}");
        return (report, new EstateCompiler(EstateBench.Providers, _ => EstateBench.Resolver()).Compile("default", text.Objects, EstateBench.Clock.GetUtcNow()).Model!);
    }

    private static List<(string Key, string Text)> Sections(string yaml)
    {
        List<(string Key, string Text)> sections = [];
        foreach (var line in yaml.Split('\n').Where(l => l.Length > 0))
        {
            if (char.IsAsciiLetter(line[0]))
            {
                sections.Add((line[..line.IndexOf(':', StringComparison.Ordinal)], ""));
            }

            sections[^1] = (sections[^1].Key, $"{sections[^1].Text}{line}\n");
        }

        return sections;
    }

    private static string Here([CallerFilePath] string path = "") => path;
}

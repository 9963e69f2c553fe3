using Tocsin.Issues;

namespace Tocsin.Tests.Issues;

public sealed class PipelineHealthTests
{
    private static readonly DateTimeOffset _now = new(2026, 1, 5, 9, 0, 0, TimeSpan.Zero);
    private static readonly PipelineLimits _limits = new(DeadLetters: 1, ErrorPercent: 50, ErrorLeast: 4, Slow: TimeSpan.FromSeconds(60));

    [Theory]
    [InlineData(0.5, 50)]
    [InlineData(0.95, 95)]
    [InlineData(0.99, 99)]
    [InlineData(1, 100)]
    public void A_percentile_is_the_time_within_which_that_share_was_done(double share, int seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), PipelineHealth.Percentile([.. Enumerable.Range(1, 100).Select(s => TimeSpan.FromSeconds(s))], share));

    [Fact]
    public void One_time_is_every_percentile_and_none_is_none()
    {
        Assert.Equal(TimeSpan.FromSeconds(7), PipelineHealth.Percentile([TimeSpan.FromSeconds(7)], 0.5));
        Assert.Equal(TimeSpan.FromSeconds(7), PipelineHealth.Percentile([TimeSpan.FromSeconds(7)], 0.99));
        Assert.Null(PipelineHealth.Percentile([], 0.5));
    }

    [Fact]
    public void Nothing_is_no_alarm() => Assert.Empty(Firing(new()));

    [Fact]
    public void The_first_dead_letter_is_an_alarm_unless_it_is_switched_off()
    {
        Assert.Equal(["dead-letters"], Firing(new() { DeadLetters = 1 }));
        Assert.Empty(Firing(new() { DeadLetters = 1000 }, _limits with { DeadLetters = 0 }));
    }

    [Fact]
    public void Half_of_the_attempts_failed_is_an_alarm_when_there_were_enough()
    {
        Assert.Equal(["errors"], Firing(Steps(1, 1, null, null)));
        Assert.Empty(Firing(Steps(1, 1, 1, null)));
        Assert.Empty(Firing(Steps(1, null, null)));
        Assert.Empty(Firing(Steps(null, null, null, null), _limits with { ErrorPercent = 0 }));
    }

    [Fact]
    public void One_slow_step_of_twenty_is_none_and_two_are_an_alarm()
    {
        Assert.Empty(Firing(Steps([.. Enumerable.Repeat<double?>(1, 19), 90])));
        Assert.Equal(["slow"], Firing(Steps([.. Enumerable.Repeat<double?>(1, 18), 90, 90])));
        Assert.Empty(Firing(Steps([.. Enumerable.Repeat<double?>(1, 18), 90, 90]), _limits with { Slow = TimeSpan.Zero }));
    }

    [Fact]
    public void What_still_waits_is_late_before_it_is_done()
    {
        Assert.Empty(Firing(new() { WaitingSince = _now.AddSeconds(-60) }));
        var alarm = PipelineHealth.Alarms(new() { WaitingSince = _now.AddSeconds(-61) }, _limits, _now).Single(a => a.Fires);
        Assert.Equal(("slow", "an issue waits for 61 s"), (alarm.Name, alarm.Says));
    }

    [Fact]
    public void A_comment_counts_from_when_it_had_its_time()
    {
        var issue = TrackedIssue.Open(Events.Firing(), [], new(null, _now, null)) with { Number = 1, IsOpen = true, CommentedAt = _now.AddSeconds(50) };
        var told = issue.Tell(Events.Firing(1), [], new("c", _now.AddSeconds(60), null));
        var comment = new IssueStep.Comment(told.Update!, 1, false);

        Assert.Equal(_now.AddSeconds(110), IssueSync.DueAt(told, comment, TimeSpan.FromMinutes(1)));
        Assert.Equal(_now.AddSeconds(60), IssueSync.DueAt(told, comment, TimeSpan.Zero));
        Assert.Equal("c", IssueSync.OriginOf(told, comment)!.Correlation);
        Assert.Equal(_now, IssueSync.DueAt(issue, new IssueStep.Create(false), TimeSpan.FromMinutes(1)));
        Assert.Null(IssueSync.DueAt(issue, new IssueStep.Close(), TimeSpan.FromMinutes(1)));
    }

    private static string[] Firing(PipelineFacts facts, PipelineLimits? limits = null) =>
        [.. PipelineHealth.Alarms(facts, limits ?? _limits, _now).Where(a => a.Fires).Select(a => a.Name)];

    /// <param name="seconds">How long each step took; null: it failed.</param>
    private static PipelineFacts Steps(params double?[] seconds) => new()
    {
        Steps = [.. seconds.Select(s => new StepFact(_now, "grafana", ["a"], "create", s is not null, s is { } took ? TimeSpan.FromSeconds(took) : null))],
    };
}

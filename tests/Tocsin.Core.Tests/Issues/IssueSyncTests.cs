using Tocsin.Alerts;
using Tocsin.Issues;
using static Tocsin.Tests.Issues.Events;

namespace Tocsin.Tests.Issues;

public sealed class IssueSyncTests
{
    private static readonly TimeSpan _pace = TimeSpan.FromMinutes(10);

    [Fact]
    public void An_issue_that_ended_before_it_was_made_is_made_and_closed()
    {
        var issue = Fresh().Close();

        Assert.Equal(new IssueStep.Create(Search: false), Next(issue));
        issue = Done(issue, 12);
        Assert.Equal(new IssueStep.Close(), Next(issue));
        issue = Done(issue);
        Assert.Equal(new IssueStep.Nothing(), Next(issue));
        Assert.Equal((12, false, false), (issue.Number, issue.IsOpen, issue.IsPending));
    }

    [Fact]
    public void After_an_unknown_outcome_it_is_looked_for_first()
    {
        var begun = IssueSync.Begin(Fresh(), Start);
        var issue = IssueSync.Failed(begun, Next(Fresh()), "no answer", known: false);

        Assert.Equal(new IssueStep.Create(Search: true), Next(issue));
        Assert.Equal(new IssueStep.Create(Search: false), Next(IssueSync.Failed(begun, Next(Fresh()), "refused", known: true)));

        // A later attempt that certainly did nothing says nothing of the earlier one.
        Assert.Equal(new IssueStep.Create(Search: true), Next(IssueSync.Failed(issue, Next(issue), "refused", known: true)));
    }

    [Fact]
    public void Comments_keep_their_pace_and_the_newest_stands_for_all()
    {
        var issue = Tell(Done(Fresh(), 1), 1);
        issue = Done(issue);
        issue = Tell(Tell(issue, 2), 3);

        Assert.Equal(new IssueStep.Wait(Start + _pace), Next(issue));
        var told = Assert.IsType<IssueStep.Comment>(Next(issue, minute: 10));
        Assert.Equal((2, Start.AddMinutes(3)), (told.Updates, told.Event.OccurredAt));
    }

    [Fact]
    public void The_last_word_before_the_end_does_not_wait()
    {
        var issue = Tell(Done(Tell(Done(Fresh(), 1), 1)), 2).Close();

        Assert.IsType<IssueStep.Comment>(Next(issue));
        Assert.Equal(new IssueStep.Close(), Next(Done(issue)));
    }

    [Fact]
    public void What_came_while_a_comment_was_being_made_is_told_in_the_next()
    {
        var issue = Tell(Done(Fresh(), 1), 1);
        var step = Next(issue);

        issue = IssueSync.Done(Tell(issue, 2), step, null, null, null, Start);

        Assert.Equal((1, Start.AddMinutes(2), 1), (issue.Updates, issue.Update!.OccurredAt, issue.Comments));
    }

    [Fact]
    public void Labels_follow_the_alarm_and_those_of_others_are_left_alone()
    {
        var issue = Done(Fresh(), 1) with { WantsLabels = ["area:alerting", "Pri:P0"] };

        var step = Assert.IsType<IssueStep.Label>(Next(issue));

        Assert.Equal(("Pri:P0", "Pri:P1"), (Assert.Single(step.Add), Assert.Single(step.Remove)));
        Assert.Equal(new IssueStep.Nothing(), Next(Done(issue)));
    }

    [Fact]
    public void It_is_opened_again_before_it_is_told_what_happened()
    {
        var issue = Done(Done(Fresh(), 1).Close());

        issue = issue.Reopen(Firing(5), issue.WantsLabels);

        Assert.Equal(new IssueStep.Reopen(), Next(issue));
        Assert.IsType<IssueStep.Comment>(Next(Done(issue)));
    }

    [Fact]
    public void Fires_again_before_it_was_closed_it_stays_open()
    {
        var issue = Done(Fresh(), 1).Close().Reopen(Firing(5), ["area:alerting", "Pri:P1"]);

        Assert.IsType<IssueStep.Comment>(Next(issue));
        Assert.Equal(new IssueStep.Nothing(), Next(Done(issue)));
    }

    [Fact]
    public void One_that_was_given_up_waits_for_a_person_or_for_news()
    {
        var issue = IssueSync.GivenUp(Fresh(), Next(Fresh()), "no permission", Start);

        Assert.Equal(new IssueStep.Nothing(), Next(issue));
        Assert.IsType<IssueStep.Create>(Next(issue.Again()));
        Assert.IsType<IssueStep.Create>(Next(Tell(issue, 1)));
    }

    [Fact]
    public void Closed_by_hand_it_is_left_alone()
    {
        var issue = Tell(Done(Fresh(), 1), 1).ClosedByHand("ana", Start);

        Assert.Equal(new IssueStep.Nothing(), Next(issue));
        Assert.Equal(new IssueStep.Nothing(), Next(issue.ReopenedByHand("ana", Start)));
    }

    [Theory]
    [InlineData(1, 0, 2)]
    [InlineData(2, 0, 4)]
    [InlineData(2, 1, 3)]
    [InlineData(60, 0, 300)]
    public void Waits_grow_up_to_five_minutes(int failures, double jitter, double seconds) =>
        Assert.Equal(TimeSpan.FromSeconds(seconds), IssueSync.Backoff(failures, jitter));

    private static TrackedIssue Fresh() => TrackedIssue.Open(Firing(), ["area:alerting", "Pri:P1"]);

    private static TrackedIssue Tell(TrackedIssue issue, double minute) => issue.Tell(Firing(minute), issue.WantsLabels);

    private static IssueStep Next(TrackedIssue issue, double minute = 0) => IssueSync.Next(issue, _pace, Start.AddMinutes(minute));

    private static TrackedIssue Done(TrackedIssue issue, long? number = null) => IssueSync.Done(issue, Next(issue), number, null, null, Start);
}

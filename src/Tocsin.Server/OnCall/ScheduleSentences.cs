using Tocsin.Estate;

namespace Tocsin.OnCall;

/// <summary>Says in a plan who will be on call instead of whom.</summary>
internal static class ScheduleSentences
{
    /// <summary>How far ahead people want to know.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromDays(366);

    /// <param name="before">What is in force, with what people entered.</param>
    /// <param name="after">What the plan would make of it.</param>
    public static EstatePlan Add(EstatePlan plan, EstateSnapshot before, EstateModel after, DateTimeOffset now) => plan with
    {
        Changes = [.. plan.Changes.Select(change => change switch
        {
            { Action: EstateAction.Update, Object.Kind: "schedule" } => change with { Says = Say(change.Object.Name, before, after, now) },
            { Action: EstateAction.Update, Object.Kind: "holidays" } => change with { Says = SayOfAll(change.Object.Name, before, after, now) },
            _ => change,
        })],
    };

    private static string? Say(string schedule, EstateSnapshot before, EstateModel after, DateTimeOffset now) =>
        before.Schedules.TryGetValue(schedule, out var old) && after.Schedules.TryGetValue(schedule, out var changed)
            ? ScheduleChange.Say(old, old.Changed(changed), now, now + Ahead)
            : null;

    /// <summary>A list of holidays changes each schedule that asks for it.</summary>
    private static string? SayOfAll(string holidays, EstateSnapshot before, EstateModel after, DateTimeOffset now)
    {
        var sentences = after.Schedules.Values
            .Where(s => s.Holidays.Concat(s.Rotations.SelectMany(r => r.Holidays ?? [])).Any(h => h.Name == holidays))
            .OrderBy(s => s.Name, StringComparer.Ordinal)
            .Select(s => (s.Name, Sentence: Say(s.Name, before, after, now)))
            .Where(s => s.Sentence is not null)
            .Select(s => $"{s.Name}: {s.Sentence}")
            .ToArray();
        return sentences.Length == 0 ? null : string.Join(' ', sentences);
    }
}

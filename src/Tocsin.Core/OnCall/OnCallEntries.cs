namespace Tocsin.OnCall;

/// <summary>Somebody who cannot be on call, from (inclusive) to (exclusive), at instants: it does not move when a zone's rules do.</summary>
/// <param name="Reason">For people who may know it; no explanation of the calendar repeats it.</param>
public sealed record TimeOff(string User, DateTimeOffset From, DateTimeOffset To, string? Reason);

/// <summary>
/// An agreement that people made at run time: one person is on call from (inclusive) to (exclusive), at instants. Anybody can be,
/// in the rotations or not.
/// </summary>
/// <param name="InsteadOf">
/// Null: instead of whoever would be on call, also where that is nobody. Otherwise instead of this one person only, and only
/// while that person would be on call, be it by a rotation, an override, or an earlier cover.
/// </param>
/// <param name="Because">How it came to be, for explanations: <c>swap with bo</c>. May be empty.</param>
public sealed record Cover(string User, DateTimeOffset From, DateTimeOffset To, string? InsteadOf, string Because);

/// <summary>
/// What people entered for one schedule at run time. It lies on top of the schedule:
/// <list type="bullet">
/// <item>Covers are above overrides, which are above what the schedule's calendar says, which is above rotations. Of covers that overlap, the one later in the list wins; one that is
/// instead of a person who covers somebody by an earlier one takes over from that person.</item>
/// <item>Somebody who is away is left out of what the rotations answer, but not of a cover or an override that names them.
/// If that leaves nobody of the highest priority, the next lower one answers, and so on; if nobody at all, it is a gap.</item>
/// </list>
/// An entry that does not end after it begins has no effect.
/// </summary>
public sealed record OnCallEntries(IReadOnlyList<Cover> Covers, IReadOnlyList<TimeOff> Away)
{
    public static OnCallEntries None { get; } = new([], []);

    /// <summary>What the schedule's calendar says; without effect on a schedule that names no calendar.</summary>
    public IReadOnlyList<CalendarShift> Calendar { get; init; } = [];

    public bool IsEmpty => Covers.Count + Away.Count + Calendar.Count == 0;
}

namespace Tocsin.Sdk;

/// <summary>Who is on call instead of whom, entered by a person. Instants are UTC; the end is no longer part of it.</summary>
/// <param name="InsteadOf">The one person whose turns it takes; null: instead of whoever would be on call, also where that is nobody.</param>
/// <param name="By">Who entered it: <c>user:ana</c>, <c>key:ci</c>.</param>
/// <param name="Status">pending, active, ended or removed.</param>
/// <param name="Swap">The number of the request that was accepted; null: it came of none.</param>
/// <param name="Change">What it changes, in one sentence; only in the answer to making or removing it.</param>
public sealed record OverrideView(
    long Id, string Schedule, string User, DateTimeOffset From, DateTimeOffset To, string? InsteadOf, string Reason, string By, DateTimeOffset MadeAt, string Status,
    long? Swap, string? Change);

/// <summary>An override to be. It lasts at most a year, begins within two, and must not be over; what has passed of it is cut off.</summary>
/// <param name="User">Who is on call; null: the caller.</param>
/// <param name="InsteadOf">See <see cref="OverrideView"/>.</param>
/// <param name="Reason">Why, for others; at most 500 characters.</param>
public sealed record OverrideRequest(DateTimeOffset From, DateTimeOffset To, string? User = null, string? InsteadOf = null, string? Reason = null);

/// <summary>When somebody cannot be on call.</summary>
/// <param name="Calendar">It was read from the person's own calendar; it goes when it goes there.</param>
/// <param name="Status">pending, active, ended or removed.</param>
/// <param name="Gaps">Where nobody is on call because of it; only in the answer to making it.</param>
public sealed record TimeOffView(
    long Id, string User, DateTimeOffset From, DateTimeOffset To, string Reason, bool Calendar, string By, DateTimeOffset MadeAt, string Status, IReadOnlyList<GapView>? Gaps);

/// <summary>A stretch in which a schedule names nobody.</summary>
public sealed record GapView(string Schedule, DateTimeOffset From, DateTimeOffset To);

/// <summary>Time off to be. It lasts at most a year and must not be over.</summary>
/// <param name="User">Who is away; null: the caller.</param>
public sealed record TimeOffRequest(DateTimeOffset From, DateTimeOffset To, string? User = null, string? Reason = null);

/// <summary>Somebody asks for a shift to be taken.</summary>
/// <param name="Asked">Who was asked; null: the team, and whoever says yes first has it.</param>
/// <param name="BackFrom">The beginning of what the asker takes in return; null: nothing.</param>
/// <param name="State">open, accepted, declined, withdrawn or expired.</param>
/// <param name="MayAccept">Whether the caller is somebody who was asked, and it is open.</param>
/// <param name="Change">Who is on call instead of whom now, in one sentence; only in the answer to accepting it.</param>
public sealed record SwapView(
    long Id, string Schedule, string Asker, string? Asked, DateTimeOffset From, DateTimeOffset To, DateTimeOffset? BackFrom, DateTimeOffset? BackTo, string Note, string State,
    DateTimeOffset MadeAt, DateTimeOffset ExpiresAt, string? AnsweredBy, DateTimeOffset? AnsweredAt, bool MayAccept, string? Change);

/// <summary>A request to be, for a stretch in which the caller is on call.</summary>
/// <param name="Ask">Whom to ask; null: the team.</param>
/// <param name="BackFrom">What the caller takes in return, a stretch in which <paramref name="Ask"/> is on call; both ends or neither.</param>
public sealed record SwapRequest(
    string Schedule, DateTimeOffset From, DateTimeOffset To, string? Ask = null, DateTimeOffset? BackFrom = null, DateTimeOffset? BackTo = null, string? Note = null);

/// <summary>The secret address under which calendar programs read the shifts of a schedule or a person.</summary>
/// <param name="Kind">schedule or user.</param>
/// <param name="Url">Only in the answer to making or renewing it: it is stored as a hash. A path where the server knows no public address.</param>
/// <param name="ReadAt">When a program read it last; null: never.</param>
public sealed record CalendarLinkView(string Kind, string Name, string? Url, string By, DateTimeOffset MadeAt, DateTimeOffset? ReadAt);

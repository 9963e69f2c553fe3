using Tocsin.Sdk;

namespace Tocsin.Pages;

/// <param name="Until">Null: no end within four weeks.</param>
public sealed record MyShift(string Schedule, DateTimeOffset From, DateTimeOffset? Until);

/// <summary>A request for cover as the reader sees it.</summary>
/// <param name="Mine">The reader asked.</param>
public sealed record SwapCard(SwapView Swap, bool Mine);

/// <summary>The form that asks somebody to take a shift; what was typed stays.</summary>
/// <param name="From">On the reader's wall clock, as the browser's field has it.</param>
/// <param name="People">Who can be asked, by short name.</param>
/// <param name="Team">What "the team" is called; null: the schedule has none.</param>
public sealed record CoverModel(string Schedule, string From, string To, string Ask, string Note, IReadOnlyList<string> People, string? Team, string? Fault);

/// <summary>The page behind the link in a request for cover.</summary>
/// <param name="Person">Who was asked and holds the link.</param>
/// <param name="When">The span on that person's wall clock.</param>
/// <param name="Back">What the asker takes in return; null: nothing.</param>
public sealed record SwapLinkModel(SwapView Swap, string Person, string When, string? Back, string? Notice, string? Fault);

/// <param name="Url">Shown this once.</param>
public sealed record CalendarAddressModel(string Of, string Url, string BackTo);

/// <summary>Somebody's time off on the page that is about them.</summary>
public sealed record AwayLine(long Id, DateTimeOffset From, DateTimeOffset To, string Reason, bool OfCalendar);

/// <summary>An override that somebody entered.</summary>
/// <param name="MayRemove">Whether the reader may take it back.</param>
public sealed record EnteredLine(long Id, string User, string? InsteadOf, DateTimeOffset From, DateTimeOffset To, string Reason, string By, bool MayRemove);

/// <summary>A calendar address, without its secret.</summary>
/// <param name="MadeAt">Null: there is none.</param>
/// <param name="MayRenew">Whether the reader may make or renew it.</param>
public sealed record CalendarLine(string Kind, string Name, DateTimeOffset? MadeAt, DateTimeOffset? ReadAt, bool MayRenew, bool MayRevoke);

using Tocsin.Sdk;

namespace Tocsin.Pages;

/// <param name="Notice">What the last press did, where the page does not show it by itself.</param>
/// <param name="Fault">Why the last press did nothing.</param>
/// <param name="Once">What each of its buttons carries: another one each time that the page is shown, good for one press.</param>
public sealed record ActionModel(Incident Incident, string? Notice, string? Fault, string Once);

/// <summary>Why a signed link no longer works, for somebody who was just woken.</summary>
/// <param name="EndedAt">When the link ended; null: it is not one of ours, or was cut short on its way.</param>
public sealed record DeadLinkModel(DateTimeOffset? EndedAt);

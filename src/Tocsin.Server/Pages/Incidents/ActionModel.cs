using Tocsin.Sdk;

namespace Tocsin.Pages;

/// <param name="Fault">Why the last press did nothing.</param>
public sealed record ActionModel(Incident Incident, string? Fault);

/// <summary>Why a signed link no longer works, in one sentence for somebody who was just woken.</summary>
public sealed record DeadLinkModel(string Reason);

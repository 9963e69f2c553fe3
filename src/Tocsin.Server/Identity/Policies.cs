using System.Collections.Frozen;
using Microsoft.AspNetCore.Authorization;

namespace Tocsin.Identity;

/// <summary>What a route may ask for, by name. <see cref="AccessRule"/> says who has it.</summary>
internal static class Policies
{
    /// <summary>Whoever may hear the alerts that others publish: anybody of the workspace.</summary>
    public const string AlertReader = nameof(AlertReader);

    /// <summary>Whoever may publish alerts: responders, and keys made for it.</summary>
    public const string AlertPublisher = nameof(AlertPublisher);

    /// <summary>Whoever may send alerts and telemetry with a key that is no source's.</summary>
    public const string Ingest = nameof(Ingest);

    public const string Viewer = nameof(Role.Viewer);
    public const string Responder = nameof(Role.Responder);

    /// <summary>Administrators, for what is configured.</summary>
    public const string Configure = nameof(Configure);

    /// <summary>Responders, for what a team owns that they manage; the handler looks which.</summary>
    public const string ConfigureTeam = nameof(ConfigureTeam);

    /// <summary>Administrators, for keys, members and the machinery.</summary>
    public const string Admin = nameof(Role.Admin);

    /// <summary>Owners, for what a workspace asks of its own administrators too.</summary>
    public const string Owner = nameof(Role.Owner);

    /// <summary>Somebody who is logged in, by cookie or bearer token; never a key.</summary>
    public const string Person = nameof(Person);
}

/// <summary>What one policy asks of a caller: a role and, of keys that were narrowed, a scope.</summary>
/// <param name="Publishers">Whether keys of the role publisher have it although their role is below.</param>
internal sealed record AccessRule(string Policy, Role Least, Scopes Scope, bool Publishers = false)
{
    /// <summary>All of them: the one place that says what a role or a scope opens.</summary>
    public static FrozenDictionary<string, AccessRule> All { get; } = new AccessRule[]
    {
        new(Policies.AlertReader, Role.Publisher, Scopes.StreamRead),
        new(Policies.AlertPublisher, Role.Responder, Scopes.StreamPublish, Publishers: true),
        new(Policies.Ingest, Role.Responder, Scopes.Ingest),
        new(Policies.Viewer, Role.Viewer, Scopes.Read),
        new(Policies.Responder, Role.Responder, Scopes.Respond),
        new(Policies.ConfigureTeam, Role.Responder, Scopes.Configure),
        new(Policies.Configure, Role.Admin, Scopes.Configure),
        new(Policies.Admin, Role.Admin, Scopes.Admin),
        new(Policies.Owner, Role.Owner, Scopes.Admin),
    }.ToFrozenDictionary(rule => rule.Policy);

    public bool Admits(Role role, Scopes scopes) =>
        (role >= Least || (Publishers && role == Role.Publisher)) && (scopes & Scope) == Scope;

    public static void AddTo(AuthorizationBuilder policies)
    {
        foreach (var rule in All.Values)
        {
            policies.AddPolicy(rule.Policy, Those(caller => rule.Admits(caller.Role, caller.Scopes)));
        }

        policies.AddPolicy(Policies.Person, Those(static caller => caller.Person is not null))
            .SetFallbackPolicy(Those(static caller => caller.May(Policies.Viewer)));
    }

    private static AuthorizationPolicy Those(Func<Caller, bool> admits) => new AuthorizationPolicyBuilder()
        .RequireAuthenticatedUser()
        .RequireAssertion(context => Caller.Find(context.User) is { } caller && admits(caller))
        .Build();
}

using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Tocsin.Hosting;
using Tocsin.Pages;

namespace Tocsin.Identity;

/// <summary>Marks what a session may do only when its owner has proved who he is within the last minutes.</summary>
/// <param name="keeps">The fields of a form that are kept meanwhile: never a secret.</param>
internal sealed class RecentProof(params string[] keeps)
{
    public const string TooOld = "login.proof_too_old";

    public static readonly TimeSpan Most = TimeSpan.FromMinutes(10);

    public IReadOnlyList<string> Keeps => keeps;

    /// <summary>What stands against a sensitive act by this caller: a proof that is too old. Keys bring their own rights and are not asked.</summary>
    public static Error? Missing(Caller caller, DateTimeOffset now) => caller.Login is { } login && now - login.ProvedAt > Most
        ? new(ErrorKind.Forbidden, TooOld, $"This asks for a proof of who you are that is younger than {Most.TotalMinutes:0} minutes. Log in again, or prove it at /login/again.")
        : null;
}

/// <summary>Marks what somebody may do who must set up a second factor and has none.</summary>
internal sealed class WithoutSecondFactor
{
    public static WithoutSecondFactor Instance { get; } = new();
}

/// <summary>What people are asked for besides a session: a recent proof where it is sensitive, and a second factor where the installation demands one.</summary>
internal static class FactorGate
{
    public const string AgainPath = "/login/again";
    public const string SetUpPath = "/me/second-factor";

    /// <param name="keeps">The fields of a form that its sender finds again afterwards: never a secret.</param>
    public static TBuilder RequireRecentProof<TBuilder>(this TBuilder builder, params string[] keeps)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(new RecentProof(keeps));

    /// <summary>For a form that was found to need a proof while it was worked on: leads to where one is given, and back to the form as it was typed.</summary>
    /// <param name="keeps">As <see cref="RequireRecentProof"/>.</param>
    public static async Task<Done> ProveFirstAsync(HttpContext http, params string[] keeps)
    {
        var back = Back(http.Request);
        await http.RequestServices.GetRequiredService<HeldForms>().KeepAsync(http, Caller.Of(http.User), back, keeps);
        return Done.Elsewhere($"{AgainPath}?next={Uri.EscapeDataString(back)}", "Confirm that it is you. Then do it once more.");
    }

    public static TBuilder AllowWithoutSecondFactor<TBuilder>(this TBuilder builder)
        where TBuilder : IEndpointConventionBuilder => builder.WithMetadata(WithoutSecondFactor.Instance);

    /// <summary>Comes after who is asking is known. What anybody may do, such as acting by the signed link of a page, is never held up.</summary>
    public static void UseFactorGate(this IApplicationBuilder app)
    {
        var (clock, duty) = (app.ApplicationServices.GetRequiredService<TimeProvider>(), app.ApplicationServices.GetRequiredService<FactorDuty>());
        app.Use(async (http, next) =>
        {
            if (http.GetEndpoint()?.Metadata is { } its && its.GetMetadata<IAllowAnonymous>() is null && Caller.Find(http.User) is { Login: not null } caller)
            {
                if (its.GetMetadata<RecentProof>() is { } proof && RecentProof.Missing(caller, clock.GetUtcNow()) is { } missing)
                {
                    await (IsPage(http, caller) ? await ProveFirstAsync(http, [.. proof.Keeps]) : Problem(http, missing)).ExecuteAsync(http);
                    return;
                }

                if (Writes(http.Request) && its.GetMetadata<WithoutSecondFactor>() is null && await duty.MissingAsync(caller, http.RequestAborted) is { } owed)
                {
                    await (IsPage(http, caller) ? Done.Elsewhere(SetUpPath, owed.Detail) : Problem(http, owed)).ExecuteAsync(http);
                    return;
                }
            }

            await next(http);
        });
    }

    private static bool IsPage(HttpContext http, Caller caller) => caller.ByCookie && (Errors.WantsPage(http.Request) || Done.IsFragment(http.Request));

    private static IResult Problem(HttpContext http, Error error) =>
        http.GetEndpoint()?.Metadata.GetMetadata<AnswersDetail>() is not null ? DetailAnswer.Of(error) : error.ToProblem();

    private static bool Writes(HttpRequest request) => !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsOptions(request.Method));

    /// <summary>The page to come back to: the one that was asked for, or the one that a form stands on.</summary>
    private static string Back(HttpRequest request) =>
        !Writes(request) ? request.Path + request.QueryString
        : Uri.TryCreate(request.Headers.Referer.ToString(), UriKind.Absolute, out var page) && page.Authority == request.Host.Value ? page.PathAndQuery
        : "/me";
}

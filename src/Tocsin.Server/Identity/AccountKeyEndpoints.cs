using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Tocsin.Hosting;
using Tocsin.Sdk;

namespace Tocsin.Identity;

/// <summary>Keys at the addresses and in the shapes of the reliability assistant. A key does not open them: somebody must be logged in.</summary>
internal static class AccountKeyEndpoints
{
    private static readonly TakesBody _body = new("application/json", "An object with `name`, a text. Unknown members are ignored.");
    private static readonly Refuses _broken = new(StatusCodes.Status422UnprocessableEntity, "The body is not such an object; `detail` is a list that names each place.");
    private static readonly Refuses _full = new(StatusCodes.Status400BadRequest, "The account has as many keys as it may (`Keys:MaxPerAccount`); revoked ones count, deleted ones do not.");
    private static readonly Refuses _none = new(StatusCodes.Status404NotFound, "No key of the account begins so.");
    private static readonly Refuses _several = new(StatusCodes.Status409Conflict, "Several keys of the account begin so.");

    public static void MapAccountKeys(this IEndpointRouteBuilder routes)
    {
        var mine = routes.MapGroup("/api-keys").WithTags("Accounts").RequireAuthorization(Policies.Person).WithMetadata(AnswersDetail.Instance);
        mine.MapPost("", Create).Produces<NewAccountKey>().WithName("create_account_key").WithMetadata(_body, _broken, _full);
        mine.MapGet("", List).Produces<IReadOnlyList<AccountKey>>().WithName("list_account_keys");
        mine.MapDelete("/{prefix}", Revoke).Produces<EndedKey>().WithName("revoke_account_key").WithMetadata(_none, _several);
        mine.MapDelete("/{prefix}/delete", Delete).Produces<EndedKey>().WithName("delete_account_key").WithMetadata(_none, _several);
    }

    /// <summary>Makes a key for a program of the account and answers it; it is not shown again. It opens data only.</summary>
    internal static async Task<IResult> Create(HttpContext http, ClaimsPrincipal user, AccountKeys keys, CancellationToken ct)
    {
        var (body, refusal) = await DetailAnswer.ReadAsync(http.Request, ct);
        if (refusal is not null)
        {
            return refusal;
        }

        var (name, missing) = DetailAnswer.Text(body, "name");
        if (missing is not null)
        {
            return missing;
        }

        var made = await keys.CreateAsync(Caller.Of(user), name, ct);
        return made.Ok ? TypedResults.Ok(new NewAccountKey(made.Value.Key, made.Value.Facts.Name, DetailAnswer.Time(made.Value.Facts.CreatedAt), true))
            : made.Error.Kind == ErrorKind.Conflict ? DetailAnswer.Of(StatusCodes.Status400BadRequest, made.Error.Detail)
            : DetailAnswer.Of(made.Error);
    }

    /// <summary>The keys of the account, each by its first twelve characters.</summary>
    internal static async Task<IResult> List(ClaimsPrincipal user, AccountKeys keys, TimeProvider clock, CancellationToken ct) => TypedResults.Ok<IReadOnlyList<AccountKey>>(
        [
            .. (await keys.ListAsync(Caller.Of(user), ct)).Select(key => new AccountKey(
                $"{key.Prefix}...", key.Name, DetailAnswer.Time(key.CreatedAt), key.LastUsedAt is { } used ? DetailAnswer.Time(used) : null, key.IsLive(clock.GetUtcNow()))),
        ]);

    /// <summary>Ends a key, on all nodes within five seconds. Idempotent.</summary>
    /// <param name="prefix">How the key begins: enough of it to be the only one.</param>
    internal static async Task<IResult> Revoke(string prefix, ClaimsPrincipal user, AccountKeys keys, CancellationToken ct) =>
        Ended(await keys.EndAsync(Caller.Of(user), prefix, delete: false, ct), "revoked");

    /// <summary>Ends a key and forgets it, so that another can be made in its place.</summary>
    /// <param name="prefix">How the key begins: enough of it to be the only one.</param>
    internal static async Task<IResult> Delete(string prefix, ClaimsPrincipal user, AccountKeys keys, CancellationToken ct) =>
        Ended(await keys.EndAsync(Caller.Of(user), prefix, delete: true, ct), "deleted");

    private static IResult Ended(Result<ApiKeyRow> key, string status) => key.Ok ? TypedResults.Ok(new EndedKey(status, key.Value.Name)) : DetailAnswer.Of(key.Error);
}

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Primitives;
using Tocsin.Estate;
using Tocsin.Identity;
using Tocsin.Sdk;

namespace Tocsin.Pages;

internal static class KeyPageEndpoints
{
    public static void MapKeyPages(this RouteGroupBuilder pages)
    {
        pages.MapGet("/keys", Show);
        var acts = pages.MapGroup("/keys").AddEndpointFilter<FormFilter>();
        acts.MapPost("/", Create).RequireRecentProof("name", "role", "scope", "ends", "own");
        acts.MapPost("/{id:long}/rotate", Rotate).RequireRecentProof();
        acts.MapPost("/{id:long}/revoke", Revoke);
    }

    private static async Task<IResult> Show(HttpContext http, FrameFactory frames, KeyDesk desk, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        return Page(page, await ModelAsync(page, desk, ct));
    }

    private static async Task<IResult> Create(HttpContext http, FrameFactory frames, KeyDesk desk, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var sent = await http.Request.ReadFormAsync(ct);
        var form = FormOf(page.Caller, name => sent[name]);
        if (form.Ends.Length > 0 && !DurationText.TryParse(form.Ends, out _))
        {
            return await AgainAsync("Choose when it ends.");
        }

        DateTimeOffset? end = DurationText.TryParse(form.Ends, out var span) ? page.Now + span : null;
        var made = await desk.CreateAsync(page.Caller, new(form.Name, form.Role, form.Scopes, end, form.Own), ct);
        return made.Ok ? Page(page, await ModelAsync(page, desk, ct) with { Made = KeyEndpoints.Of(made.Value) }) : await AgainAsync(made.Error.Detail);

        async Task<IResult> AgainAsync(string fault) => new Rendered<KeysPage, KeysModel>(
            page.Frame, await ModelAsync(page, desk, ct) with { Form = form, Fault = fault }, StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> Rotate(long id, HttpContext http, FrameFactory frames, KeyDesk desk, CancellationToken ct)
    {
        var page = await frames.OpenAsync(http, ct);
        var made = await desk.RotateAsync(page.Caller, id, new(), ct);
        return made.Ok ? Page(page, await ModelAsync(page, desk, ct) with { Made = KeyEndpoints.Of(made.Value) }) : Done.Refused("/keys", made.Error.Detail);
    }

    private static async Task<IResult> Revoke(long id, HttpContext http, KeyDesk desk, CancellationToken ct) => Done.Of(
        await desk.RevokeAsync(Caller.Of(http.User), id, ct), "/keys", key => $"The key {key.Name} is revoked: refused everywhere within five seconds.");

    private static KeyForm FormOf(Caller caller, Func<string, StringValues> sent) => new(
        sent("name").ToString(), sent("role").ToString(), [.. sent("scope").OfType<string>()], sent("ends").ToString(), sent("own") == "yes" || !caller.May(Policies.Admin));

    private static Rendered<KeysPage, KeysModel> Page(PageRequest page, KeysModel model) => new(page.Frame, model);

    private static async Task<KeysModel> ModelAsync(PageRequest page, KeyDesk desk, CancellationToken ct)
    {
        var (caller, keys) = (page.Caller, await desk.ListAsync(page.Caller, ct));
        return new()
        {
            Keys = [.. keys.OrderByDescending(k => k.IsLive(page.Now)).ThenByDescending(k => k.Id).Select(KeyEndpoints.Of)],
            Form = page.Frame.Held is { To: "/keys" } held
                ? FormOf(caller, name => held.Fields.GetValueOrDefault(name))
                : new() { Role = caller.Role > Role.Responder ? Role.Responder.Word() : caller.Role.Word(), Own = !caller.May(Policies.Admin) },
            Roles = [.. Enum.GetValues<Role>().Where(r => r <= caller.Role).OrderDescending().Select(r => r.Word())],
            Scopes = [.. ScopeWords.All.Where(word => (ScopeWords.Read([word]).Value & ~caller.Scopes) == Tocsin.Identity.Scopes.None)],
            ForWorkspace = caller.May(Policies.Admin),
            ForSelf = caller.Person is not null,
        };
    }
}

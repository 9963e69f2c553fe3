using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Tocsin.Data;
using Tocsin.Identity;
using Tocsin.Workspaces;

namespace Tocsin.Demo;

/// <summary>Lets whoever started the demo in without a password: by a secret address, printed once, that lives as long as the sample data.</summary>
internal sealed class DemoDoor(Database database, AccountStore accounts, SampleData sample, TimeProvider clock, long workspace)
{
    private static readonly TimeSpan SessionLife = TimeSpan.FromDays(1);

    private readonly string _token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public string Path => $"/demo/enter/{_token}";

    public void Map(WebApplication app) => app.MapGet("/demo/enter/{token}", EnterAsync).AllowAnonymous().ExcludeFromDescription();

    private async Task<IResult> EnterAsync(string token, HttpContext http, CancellationToken ct)
    {
        if (!sample.IsHere
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), Encoding.UTF8.GetBytes(_token))
            || (await database.ReadAsync(session => accounts.ListAsync(session, workspace), ct)).FirstOrDefault() is not { } account)
        {
            return Results.NotFound();
        }

        var session = await database.WriteAsync(tx => accounts.BeginSessionAsync(tx, workspace, account.Id, new(LoginFacts.Web, "demo", "", ""), clock.GetUtcNow(), SessionLife), ct);
        SessionCookie.Write(http, session);
        return Results.LocalRedirect("/");
    }
}

using System.Security.Claims;
using Tocsin.Data;
using Tocsin.Identity;

namespace Tocsin.Estate;

internal static class EstateAccess
{
    /// <summary>The configuration of the caller's workspace.</summary>
    /// <exception cref="StoreUnavailableException">It cannot be read now.</exception>
    public static async ValueTask<EstateSnapshot> OfAsync(this IEstates estates, ClaimsPrincipal user, CancellationToken ct) =>
        await estates.FindAsync(Caller.Of(user).Workspace, ct) ?? throw new StoreUnavailableException("The workspace's configuration cannot be read now.");
}

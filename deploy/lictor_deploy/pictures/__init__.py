"""Pictures of runs, for notebooks: each function gives a Plot of what was seen. Needs ``lictor[notebooks]``."""

from lictor_deploy.pictures.canvas import Plot as Plot
from lictor_deploy.pictures.knowledge import who_knew as who_knew
from lictor_deploy.pictures.measures import lines as lines
from lictor_deploy.pictures.measures import points as points
from lictor_deploy.pictures.promises import TriedWrite as TriedWrite
from lictor_deploy.pictures.promises import two_promises as two_promises
from lictor_deploy.pictures.space_time import space_time as space_time
from lictor_deploy.pictures.strikes import strikes as strikes
from lictor_deploy.pictures.views import mutual_views as mutual_views
